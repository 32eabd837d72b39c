import { Injectable } from '@nestjs/common'
import { Cid } from '../../repo-engine/index.js'
import { BlobStore } from '../blob/blob-store.js'
import { digestOf } from '../blob/open-blob.js'
import { Database } from '../database/database.js'
import { BackupProblem, type BackupTarget } from './backup-target.js'
import { blobName, checked } from './blob-copies.js'
import { inParallel } from './chunk-store.js'

const PAGE = 256
/** Names that are listed; there may be more. */
const MAX_NAMED = 1_000

/** Blobs that were put in place, those that were there, and those that accounts have and that are nowhere. */
export interface BlobsRestored {
  restored: number
  present: number
  missing: { count: number; cids: string[] }
}

/** Puts the blobs in place that a restored database has rows of. */
@Injectable()
export class RestoredBlobs {
  constructor(
    private readonly database: Database,
    private readonly store: BlobStore,
  ) {}

  /** `target` is where copies may be; each is checked against its name on its way. */
  async restore(target: BackupTarget, onProgress: (done: number, total: number) => void): Promise<BlobsRestored> {
    const found: BlobsRestored = { restored: 0, present: 0, missing: { count: 0, cids: [] } }
    const { total } = (await this.database.read.get<{ total: number }>(
      'SELECT count(DISTINCT cid) AS total FROM blob',
    ))!
    let done = 0
    for (let after: Uint8Array = Buffer.alloc(0); ;) {
      const rows = await this.database.read.all<{ cid: Buffer }>(
        `SELECT DISTINCT cid FROM blob WHERE cid > ? ORDER BY cid LIMIT ${PAGE}`,
        after,
      )
      await inParallel(rows.length, async (n) => {
        const cid = Cid.fromBytes(rows[n]!.cid)
        if (await this.store.stat(cid)) found.present++
        else if (await this.fetch(target, cid)) found.restored++
        else if (found.missing.count++ < MAX_NAMED) found.missing.cids.push(cid.toString())
        onProgress(++done, total)
      })
      if (rows.length < PAGE) return found
      after = rows.at(-1)!.cid
    }
  }

  /** False where there is no copy, or one that is damaged. */
  private async fetch(target: BackupTarget, cid: Cid): Promise<boolean> {
    const digest = digestOf(cid)
    const source = await target.open(blobName(digest))
    if (!source) return false
    try {
      await this.store.makePermanent(await this.store.putTemp(checked(source, digest)), cid)
      return true
    } catch (error) {
      if (error instanceof BackupProblem) return false
      throw error
    }
  }
}
