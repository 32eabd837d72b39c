import { Body, Controller, HttpCode, Post, type StreamableFile, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { AdminGuard } from '../auth/guards.js'
import { progressLines } from '../xrpc/progress-lines.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { CompactLog } from './compact-log.js'

/** What the operator may do with the log. */
@Controller('admin/log')
@UseGuards(AdminGuard)
export class LogController {
  constructor(private readonly commands: CommandBus) {}

  /** `{before}`: an RFC 3339 moment. Answers with JSON lines, the last of which has what {@link CompactLog} gives. */
  @Post('compact')
  @HttpCode(200)
  compact(@Body() body: { before?: unknown } | undefined): StreamableFile {
    const before = typeof body?.before === 'string' ? new Date(body.before) : null
    if (!before || Number.isNaN(before.getTime())) throw invalidRequest('before must be a moment')
    return progressLines((onProgress) => this.commands.execute(new CompactLog(before.toISOString(), onProgress)))
  }
}
