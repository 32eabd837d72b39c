import { Injectable, Optional } from '@nestjs/common'
import type { BlobRef, Did, FormattedCommit, TreeDiff } from '../../repo-engine/index.js'
import { CommitLog, type LogRow } from '../commit-log/commit-log.js'
import { Database } from '../database/database.js'
import type { PreparedWrite } from './prepare-write.js'
import { RecordBlobs } from './record-blobs.js'
import { commitEvent } from './repo-events.js'
import { applyCommit, type Repo, storeNodes } from './repo-row.js'

/** Makes commits that were formatted here durable: all that a commit changes, in one write. */
@Injectable()
export class CommitWriter {
  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    @Optional() private readonly blobs?: RecordBlobs,
  ) {}

  /** Whether the blobs that the records refer to are here. @throws XrpcError as {@link RecordBlobs.check} */
  async checkBlobs(did: Did, writes: readonly PreparedWrite[]): Promise<void> {
    for (const { blobs } of writes) if (blobs.length > 0) await this.blobs?.check(did, blobs)
  }

  /**
   * Moves the head of a repository to a commit of some writes, appends its event, and stores the nodes that have changed, if
   * any are given. @throws HeadMoved; XrpcError as {@link RecordBlobs.check}
   */
  write(
    repo: Repo,
    commit: FormattedCommit,
    writes: readonly PreparedWrite[],
    changes: TreeDiff | null,
  ): Promise<void> {
    const refs = blobsOf(writes)
    return this.database.write(async (tx) => {
      await applyCommit(tx, repo, commit)
      if (refs.size > 0 || commit.ops.some(({ prev }) => prev !== null))
        await this.blobs?.follow(tx, repo, commit.ops, refs)
      const [{ seq }] = (await this.log.append(tx, [commitEvent(commit)])) as [LogRow]
      if (changes) await storeNodes(tx, repo, commit.rev, { seq, root: commit.data, layer: commit.tree.layer }, changes)
    })
  }
}

const NONE: ReadonlyMap<string, readonly BlobRef[]> = new Map()

function blobsOf(writes: readonly PreparedWrite[]): ReadonlyMap<string, readonly BlobRef[]> {
  const referring = writes.filter(({ blobs }) => blobs.length > 0)
  return referring.length === 0 ? NONE : new Map(referring.map(({ path, blobs }) => [path, blobs]))
}
