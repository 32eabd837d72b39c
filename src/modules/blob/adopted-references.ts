import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { Outbox } from '../outbox/outbox.js'
import { READ_BLOBS, RecordBlobs } from '../repo/record-blobs.js'
import { readRepo } from '../repo/repo-row.js'
import { RepoTips } from '../repo/repo-tips.js'

/** Records looked at in one write. */
const PAGE = 200

/** Writes down what the records of an adopted repository refer to: while it was kept for others, nobody counted. */
@Injectable()
export class AdoptedReferences {
  constructor(
    private readonly database: Database,
    private readonly tips: RepoTips,
    private readonly blobs: RecordBlobs,
    outbox: Outbox,
  ) {
    outbox.handle<{ did: Did }>(READ_BLOBS, ({ did }, stop) => this.tips.alone(did, () => this.read(did, stop)))
  }

  /** In the repository's turn, so that no record goes between being read and being written down. */
  private async read(did: Did, stop: AbortSignal): Promise<void> {
    const repo = await readRepo(this.database.read, did)
    if (repo?.hosting !== 'hosted') return
    for (let after = ''; ;) {
      stop.throwIfAborted()
      const records = await this.database.read.all<{ path: string; bytes: Buffer }>(
        `SELECT path, bytes FROM record WHERE tree = ? AND path > ? ORDER BY path LIMIT ${PAGE}`,
        repo.tree,
        after,
      )
      await this.database.write((tx) => this.blobs.stage(tx, repo.tree, records))
      if (records.length < PAGE) return
      after = records.at(-1)!.path
    }
  }
}
