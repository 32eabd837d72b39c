import { Injectable } from '@nestjs/common'
import { readPositions } from '../../projections/position.js'
import { BlobCache } from '../blob/blob-cache.js'
import { CommitLog } from '../commit-log/commit-log.js'
import { Database } from '../database/database.js'
import { Readiness } from '../health/readiness.js'
import { Counted } from './counted.js'
import type { Figures } from './figures.js'

/** What lies here, and how far what follows from the log is along it. */
@Injectable()
export class StoredFigures {
  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    private readonly counted: Counted,
    private readonly cache: BlobCache,
    private readonly readiness: Readiness,
  ) {}

  async figures(): Promise<
    Pick<Figures, 'log' | 'projections' | 'database' | 'repos' | 'blobs' | 'disks' | 'unready'>
  > {
    const { read } = this.database
    const newest = await read.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM commit_log')
    const positions = await readPositions(read)
    const { files, bytes } = this.cache.usage
    return {
      log: { head: newest?.seq ?? 0, appended: Object.fromEntries(this.log.appended) },
      projections: positions.map(({ name, seq, skipped }) => ({
        name,
        position: seq,
        lag: Math.max(0, (newest?.seq ?? 0) - seq),
        skipped,
      })),
      database: await this.database.figures(),
      repos: await this.counted.repos(),
      blobs: { ...(await this.counted.blobs()), cachedFiles: files, cachedBytes: bytes },
      disks: await this.readiness.disks(),
      unready: await this.readiness.unready(),
    }
  }
}
