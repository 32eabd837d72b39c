import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { Clock } from '../config/clock.js'
import { Database } from '../database/database.js'
import { BlobRemoval } from './blob-removal.js'
import { BlobScrub } from './blob-scrub.js'

/** How long an upload waits for a record that refers to it, and a blob for another one when its last has gone. */
export const QUARANTINE_MS = 60 * 60 * 1000
const EVERY_MS = 5 * 60 * 1000
/** Bytes that nobody speaks of are what a crash leaves. */
const ORPHANS_EVERY_MS = 24 * 60 * 60 * 1000
/** Rows that one write looks at. */
const AT_ONCE = 100

const DUE = `(did, cid) IN
  (SELECT did, cid FROM blob WHERE loose_since <= ? ORDER BY loose_since, did, cid LIMIT ${AT_ONCE})`
const STATUS = '(SELECT status FROM repo WHERE repo.did = blob.did)'
const USED = `EXISTS (SELECT 1 FROM record_blob
  WHERE tree = (SELECT tree FROM repo WHERE repo.did = blob.did) AND record_blob.cid = blob.cid)`

/** Collects blobs that no record refers to any more, or yet, when their quarantine is over. */
@Injectable()
export class LooseBlobs implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Blobs')
  private timer: NodeJS.Timeout | undefined
  private running: Promise<unknown> = Promise.resolve()
  private stopped = false
  private orphansSwept = 0

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly removal: BlobRemoval,
    private readonly scrub: BlobScrub,
    private readonly http: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    // A command that only borrows the server's rooms leaves this to the server.
    if (!this.http.httpAdapter) return
    this.timer = setInterval(() => this.begin(), EVERY_MS).unref()
    this.clock.onSet(() => this.begin())
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true
    clearInterval(this.timer)
    await this.running
  }

  private begin(): void {
    const work = async (): Promise<void> => {
      await this.collect()
      if (this.clock.now() < this.orphansSwept + ORPHANS_EVERY_MS) return
      this.orphansSwept = this.clock.now()
      await this.scrub.sweepOrphans(QUARANTINE_MS, () => this.stopped)
    }
    this.running = this.running.then(work).catch((error: unknown) => this.logger.error(error))
  }

  /**
   * Deletes the rows of blobs whose quarantine is over, and promises that their bytes go. What is used after all stays, and
   * so does what an account that is moving in has brought before its records. Gives how many have gone.
   */
  async collect(): Promise<number> {
    let gone = 0
    for (let more = true; more && !this.stopped;) {
      const now = this.clock.now()
      const due = now - QUARANTINE_MS
      const deleted = await this.database.write(async (tx) => {
        const kept = await tx.run(
          `UPDATE blob SET loose_since = CASE WHEN ${USED} THEN NULL ELSE ? END
           WHERE ${DUE} AND (${USED} OR ${STATUS} = 'deactivated')`,
          now,
          due,
        )
        const rows = await tx.all<{ cid: Buffer }>(
          `DELETE FROM blob WHERE ${DUE} AND NOT ${USED} AND coalesce(${STATUS}, '') <> 'deactivated' RETURNING cid`,
          due,
        )
        await this.removal.promise(
          tx,
          rows.map(({ cid }) => cid),
        )
        more = kept + rows.length > 0
        return rows.length
      })
      gone += deleted
    }
    return gone
  }
}
