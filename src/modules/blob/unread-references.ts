import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { Outbox } from '../outbox/outbox.js'
import { RecordBlobs } from '../repo/record-blobs.js'
import { readRepo } from '../repo/repo-row.js'
import { RepoTips } from '../repo/repo-tips.js'

/** Promised by migration 0014, for the repositories that were hosted here before their references were written down. */
const KIND = 'read-references'
/** Records that are read in one turn. */
const AT_ONCE = 500

/**
 * Reads once what the records of a hosted repository refer to. A page in each turn, so that its writers do not wait for all
 * of it; what they write meanwhile they see to themselves. From the beginning after a crash, which adds nothing twice.
 */
@Injectable()
export class UnreadReferences {
  constructor(
    private readonly database: Database,
    private readonly tips: RepoTips,
    private readonly blobs: RecordBlobs,
    outbox: Outbox,
  ) {
    outbox.handle<{ did: Did }>(KIND, ({ did }, stop) => this.read(did, stop))
  }

  private async read(did: Did, stop: AbortSignal): Promise<void> {
    for (let after: string | null = ''; after !== null;) {
      stop.throwIfAborted()
      const from: string = after
      after = await this.tips.alone(did, () => this.readPage(did, from))
    }
  }

  /** The path to go on after; null at the end. An import that has brought another tree has written down what that one needs. */
  private async readPage(did: Did, after: string): Promise<string | null> {
    const repo = await readRepo(this.database.read, did)
    if (!repo || repo.hosting !== 'hosted' || repo.status === 'deleted') return null
    const records = await this.database.read.all<{ path: string; bytes: Buffer }>(
      'SELECT path, bytes FROM record WHERE tree = ? AND path > ? ORDER BY path LIMIT ?',
      repo.tree,
      after,
      AT_ONCE,
    )
    await this.database.write(async (tx) => {
      // A deletion does not wait for its turn: nothing is added to what it sweeps.
      const stands = await tx.run(
        "UPDATE repo SET tree = tree WHERE did = ? AND tree = ? AND (status IS NULL OR status <> 'deleted')",
        did,
        repo.tree,
      )
      if (stands > 0) await this.blobs.stage(tx, repo.tree, records)
    })
    return records.length < AT_ONCE ? null : records.at(-1)!.path
  }
}
