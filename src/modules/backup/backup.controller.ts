import { Body, Controller, Get, HttpCode, Post, type StreamableFile, UseGuards } from '@nestjs/common'
import { AdminGuard } from '../auth/guards.js'
import { ConfigError } from '../config/config.js'
import { progressLines } from '../xrpc/progress-lines.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { type BackupFigures, BackupStatus } from './backup-status.js'
import { BackupProblem } from './backup-target.js'
import { Backups, type BackupWish } from './backups.js'

/** What the operator may know and ask of the backups of this server. */
@Controller()
@UseGuards(AdminGuard)
export class BackupController {
  constructor(
    private readonly backups: Backups,
    private readonly status: BackupStatus,
  ) {}

  @Get('/admin/backups')
  figures(): BackupFigures {
    return this.status.figures()
  }

  /**
   * Body: `{target, endpoint, identityFile, keep}`, all optional texts as on the command line. Answers lines of progress, in bytes, and last
   * the snapshot; the work goes on when nobody listens. @throws XrpcError 400 for what cannot be
   */
  @Post('/admin/backup')
  @HttpCode(200)
  start(@Body() body: unknown): StreamableFile {
    const wish = wishOf((body ?? {}) as Record<string, unknown>)
    try {
      this.backups.assertPossible(wish)
    } catch (error) {
      if (!(error instanceof BackupProblem || error instanceof ConfigError)) throw error
      throw invalidRequest(error.message)
    }
    return progressLines((onProgress) => this.backups.run(wish, onProgress))
  }
}

function wishOf(body: Record<string, unknown>): BackupWish {
  const { target = null, endpoint = null, identityFile = null, keep = null } = body
  for (const text of [target, endpoint, identityFile, keep])
    if (text !== null && (typeof text !== 'string' || text.length > 2_000))
      throw invalidRequest('expected {target, endpoint, identityFile, keep}, texts')
  return { target, endpoint, identityFile, keep } as BackupWish
}
