import { Body, Controller, HttpCode, Post, type StreamableFile, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { isDid, isMstKey } from '../../repo-engine/index.js'
import { AdminGuard } from '../auth/guards.js'
import { progressLines } from '../xrpc/progress-lines.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { type RestoreOptions, RestoreRecords } from './restore-records.js'

/** Records of accounts, brought back by the operator. */
@Controller('admin/records')
@UseGuards(AdminGuard)
export class RestoreController {
  constructor(private readonly commands: CommandBus) {}

  /**
   * `{did, path, at, dryRun}`, the second and the last optional. Answers with JSON lines, the last of which has what
   * {@link RestoreRecords} gives. @throws XrpcError 400 for what is not that
   */
  @Post('restore')
  @HttpCode(200)
  restore(@Body() body: unknown): StreamableFile {
    const options = optionsOf(body)
    return progressLines((onProgress) => this.commands.execute(new RestoreRecords(options, onProgress)))
  }
}

function optionsOf(body: unknown): RestoreOptions {
  const { did, path, at, dryRun = false } = (body ?? {}) as Record<string, unknown>
  const moment = typeof at === 'string' ? new Date(at) : null
  if (!isDid(did) || !(path === undefined || typeof path === 'string') || typeof dryRun !== 'boolean')
    throw invalidRequest('expected {did, path, at, dryRun}')
  if (!moment || Number.isNaN(moment.getTime())) throw invalidRequest('at must be a moment')
  if (path !== undefined && !isMstKey(path)) throw invalidRequest('path must be collection/rkey')
  return { did, at: moment.toISOString(), dryRun, actor: 'admin', ...(path !== undefined && { path }) }
}
