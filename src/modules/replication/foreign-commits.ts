import { Injectable } from '@nestjs/common'
import { type Did, diffTrees, type Tid } from '../../repo-engine/index.js'
import { CommitLog } from '../commit-log/commit-log.js'
import { Database, type Tx } from '../database/database.js'
import { HeadTree, STORE_EVERY } from '../repo/head-tree.js'
import { commitEvent, type LoggedChange, syncEvent } from '../repo/repo-events.js'
import { applyCommit, type HeadChange, HeadMoved, type HeadRef, readRepo, storeNodes } from '../repo/repo-row.js'
import { RepoTips } from '../repo/repo-tips.js'

/** A commit of a repository that lives elsewhere, found to follow on what is here. */
export type ForeignCommit = HeadChange & LoggedChange & { did: Did; rev: Tid }

/** Puts commits that others have signed in place, as they came: head, records, log and what follows from that. */
@Injectable()
export class ForeignCommits {
  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    private readonly tips: RepoTips,
  ) {}

  /**
   * Takes a repository one commit further, alone: `read` makes the commit out of what is here, or gives null where there is
   * nothing to append; false then. @throws what `read` throws
   */
  async advance(did: Did, read: (head: HeadTree) => Promise<ForeignCommit | null>): Promise<boolean> {
    return this.tips.alone(did, async () => {
      // Whoever follows the account's host writes without a turn, so all that is read here has to be of one moment.
      const { repo, commit, unstored } = await this.database.snapshot(async (reader) => {
        const repo = await readRepo(reader, did)
        if (!repo || repo.status === 'deleted') throw new HeadMoved(`the repository of ${did} has gone`)
        const head = await HeadTree.open(reader, repo)
        return { repo, commit: await read(head), unstored: head.unstored }
      })
      if (commit) await this.database.write((tx) => this.append(tx, repo, commit, unstored))
      return commit !== null
    })
  }

  /**
   * Appends a verified commit to an active repository. `unstored` is the number of operations since the nodes of its tree
   * were stored, about; gives the same after this commit. @throws HeadMoved when `from` is not the head any more
   */
  async append(tx: Tx, from: HeadRef, commit: ForeignCommit, unstored: number): Promise<number> {
    await applyCommit(tx, from, commit)
    if (from.hosting === 'archived')
      await tx.run("UPDATE repo SET hosting = 'mirrored', verified = 1 WHERE did = ?", from.did)
    const { did, rev, cid, bytes, ops } = commit
    // A head that is signed anew over the same tree is told as what it is.
    if (ops.length === 0) {
      await this.log.append(tx, [syncEvent(did, rev, cid, bytes, false)])
      return unstored
    }
    const [row] = await this.log.append(tx, [commitEvent(commit, false)])
    if (unstored + ops.length < STORE_EVERY) return unstored + ops.length
    await this.store(tx, did, row!.seq)
    return 0
  }

  /** Brings the stored nodes up to the head, whose last event has the number `seq`. */
  private async store(tx: Tx, did: Did, seq: number): Promise<void> {
    const repo = (await readRepo(tx, did))!
    const head = await HeadTree.open(tx, repo)
    const changes = await head.read(() => diffTrees(head.stored, head.tree))
    await storeNodes(tx, repo, repo.rev, { seq, root: repo.data, layer: head.tree.layer }, changes)
  }
}
