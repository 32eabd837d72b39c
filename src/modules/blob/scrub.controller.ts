import { Body, Controller, HttpCode, type OnModuleDestroy, Post, type StreamableFile, UseGuards } from '@nestjs/common'
import { AdminGuard } from '../auth/guards.js'
import { progressLines } from '../xrpc/progress-lines.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { BlobScrub } from './blob-scrub.js'
import { QUARANTINE_MS } from './loose-blobs.js'

/** What the operator may do with the store of blobs. */
@Controller('admin/blobs')
@UseGuards(AdminGuard)
export class ScrubController implements OnModuleDestroy {
  private isRunning = false
  private stopped = false

  constructor(private readonly blobs: BlobScrub) {}

  /** Leaves the rest to another run. */
  onModuleDestroy(): void {
    this.stopped = true
  }

  /** `{repair}`: also deletes old orphans. Answers with JSON lines, the last of which has what {@link BlobScrub.run} gives. */
  @Post('scrub')
  @HttpCode(200)
  scrub(@Body() body: { repair?: unknown } | undefined): StreamableFile {
    if (this.isRunning) throw new XrpcError(409, 'ScrubInProgress', 'another scrub is under way')
    this.isRunning = true
    const removeOlderThan = body?.repair === true ? QUARANTINE_MS : null
    return progressLines((onProgress) =>
      this.blobs
        .run({ removeOlderThan, onProgress, isStopped: () => this.stopped })
        .finally(() => (this.isRunning = false)),
    )
  }
}
