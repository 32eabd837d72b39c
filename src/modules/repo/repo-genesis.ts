import { Injectable, Optional } from '@nestjs/common'
import {
  Cid,
  type Did,
  formatCommit,
  Mst,
  signCommit,
  type SigningKey,
  type Tid,
  TidClock,
} from '../../repo-engine/index.js'
import type { NewEvent } from '../commit-log/commit-log.js'
import type { Tx } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { assertErased } from './erase-repo.js'
import { RecordBlobs } from './record-blobs.js'
import { commitEvent, syncEvent } from './repo-events.js'
import {
  hostRepo,
  insertRepo,
  newTree,
  putNodes,
  readRepo,
  type Repo,
  type RepoStatus,
  resignRepo,
} from './repo-row.js'

/** How a repository begins here: one signed commit, over the empty tree or over the tree of one that was kept here. */
@Injectable()
export class RepoGenesis {
  constructor(
    private readonly tids: TidClock,
    @Optional() private readonly blobs?: RecordBlobs,
  ) {}

  /**
   * Puts the repository in place and gives its first events, a commit and a sync, for the log.
   * @throws XrpcError 400 AlreadyExists where the DID has one here, an archived one say; 409 ErasureInProgress
   */
  async create(tx: Tx, did: Did, key: SigningKey, status: RepoStatus | null = null): Promise<NewEvent[]> {
    const rev = this.tids.next()
    const commit = formatCommit({ did, tree: Mst.empty(), head: null, since: null, rev, writes: [], key })
    const tree = await newTree(tx, did)
    const there = await readRepo(tx, did)
    assertErased(there)
    if (there) throw invalidRequest(`There is a repository of ${did} here already, ${there.hosting}`, 'AlreadyExists')
    const { cid: head, data } = commit
    await insertRepo(
      tx,
      { did, hosting: 'hosted', status, tree, layer: commit.tree.layer, rev, head, data, verified: true },
      commit.bytes,
    )
    await putNodes(tx, tree, rev, commit.addedNodes)
    return [commitEvent(commit), syncEvent(did, rev, head, commit.bytes)]
  }

  /** What {@link adopt} rests on and would take too long in one write. To be called in the same turn. */
  async prepareAdoption(did: Did): Promise<void> {
    await this.blobs?.readAll(did)
  }

  /**
   * Makes a repository that is kept here one that is written here, signed anew, and gives its event, a sync, for the log.
   * To be called in its turn. @throws Error where there is none that is kept: broken own state
   */
  async adopt(tx: Tx, did: Did, key: SigningKey): Promise<NewEvent[]> {
    const kept = await readRepo(tx, did)
    if (!kept) throw new Error(`there is no repository of ${did}`)
    const { rev, head, block } = this.sign(kept, key)
    await hostRepo(tx, kept, { rev, head }, block)
    return [syncEvent(did, rev, head, block)]
  }

  /**
   * Signs the head of a repository hosted here anew, because its key is another one now, or later heads are lost, and gives
   * its event, a sync, for the log. Its rev is above that of the head, and above `above`. To be called in its turn.
   * @throws Error where there is none: broken own state
   */
  async resign(tx: Tx, did: Did, key: SigningKey, above?: Tid): Promise<NewEvent[]> {
    const repo = await readRepo(tx, did)
    if (repo?.hosting !== 'hosted') throw new Error(`there is no repository of ${did}`)
    const since = above && above > repo.rev ? above : repo.rev
    const { rev, head, block } = this.sign({ ...repo, rev: since }, key)
    await resignRepo(tx, repo, { rev, head }, block)
    return [{ ...syncEvent(did, rev, head, block), silent: repo.status !== null }]
  }

  /** The tree of a repository under a new commit. */
  private sign({ did, data, rev: since }: Repo, key: SigningKey): { rev: Tid; head: Cid; block: Uint8Array } {
    const rev = this.tids.next(since)
    const block = signCommit({ did, version: 3, data, rev, prev: null }, key)
    return { rev, head: Cid.ofCbor(block), block }
  }
}
