import { Body, Controller, Get, HttpCode, Post, type StreamableFile, UseGuards } from '@nestjs/common'
import { AdminGuard } from '../../modules/auth/guards.js'
import { progressLines } from '../../modules/xrpc/progress-lines.js'
import { invalidRequest } from '../../modules/xrpc/xrpc-error.js'
import { Rebuild, type RebuildStatus } from './rebuild.js'

/** Rebuilds asked for by the operator while the server is serving. */
@Controller()
@UseGuards(AdminGuard)
export class RebuildController {
  constructor(private readonly rebuild: Rebuild) {}

  /**
   * Body: `{names: [name, …], verify: boolean}`, both optional; no names are all. Answers lines of progress, and last the
   * result; the work goes on when nobody listens. @throws XrpcError 400 for what is not that
   */
  @Post('/admin/rebuild')
  @HttpCode(200)
  start(@Body() body: unknown): StreamableFile {
    const { names = [], verify = false } = (body ?? {}) as { names?: unknown; verify?: unknown }
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string') || typeof verify !== 'boolean')
      throw invalidRequest('expected {names: [name, …], verify: boolean}')
    this.rebuild.wanted(names, verify)
    return progressLines((tell) =>
      this.rebuild.run(names, { verify, onProgress: ({ done, total }) => tell(done, total) }),
    )
  }

  /** How far the one under way has come, and what the last one came to. */
  @Get('/admin/rebuild')
  status(): RebuildStatus {
    return this.rebuild.status()
  }
}
