/** Accounts that live on no real server: their keys are the test's, so that they can say whatever a test needs. */
import { type CommitFrameInput, commitFrame, type Frame } from '../../../src/modules/commit-log/frame.js'
import { formatGenesis, formatUpdate } from '../../../src/modules/identity/plc/genesis.js'
import { cidOfOperation, type PlcOperation, type PlcState } from '../../../src/modules/identity/plc/operation.js'
import {
  type CarBlock,
  Cid,
  type DataMap,
  type Did,
  diffTrees,
  encodeCar,
  encodeCbor,
  formatCommit,
  type FormattedCommit,
  Mst,
  provePath,
  type RepoWrite,
  SigningKey,
  type Tid,
  TidClock,
} from '../../../src/repo-engine/index.js'
import type { PlcStub } from '../../support/plc-stub.js'

export const POSTS = 'app.bsky.feed.post'
const BEGAN = 60 * 60 * 1000

/** What stands under some paths from now on: a record, or bytes in its place; null: nothing any more. */
export type Changes = Record<string, DataMap | Buffer | null>

export interface DraftOptions {
  key?: SigningKey
  rev?: Tid
  /** The commit that it follows on; null: it is the first. */
  on?: FormattedCommit | null
}

export class ForeignAccount {
  /** Signs its commits. */
  key = SigningKey.generate()
  readonly did: Did
  /** Every commit that it has made, oldest first. */
  readonly commits: FormattedCommit[] = []
  /** Signs what the directory is told. */
  readonly rotationKey = SigningKey.generate()
  /** An hour ago, so that a test has room for revs before and after. */
  private readonly tids = new TidClock(() => Date.now() - BEGAN)
  private readonly blocks = new Map<string, Uint8Array>()

  /** A new identity in a directory, on a host. */
  constructor(
    private readonly plc: PlcStub,
    pdsUrl: string,
    readonly handle: string,
  ) {
    const { rotationKey, key } = this
    const { did, op } = formatGenesis({ handle, signingKey: key.didKey, rotationKey, pdsUrl })
    this.did = did
    this.append(op)
  }

  get head(): FormattedCommit {
    return this.commits.at(-1)!
  }

  /** Says something else of the identity in the directory. */
  identify(changes: Partial<PlcState>): void {
    const last = this.plc.logs.get(this.did)!.at(-1)!.operation
    this.append(formatUpdate(last, changes, this.rotationKey))
  }

  /** From now on commits are signed with another key, and the directory says so. */
  rotate(): SigningKey {
    this.key = SigningKey.generate()
    this.identify({ verificationMethods: { atproto: this.key.didKey } })
    return this.key
  }

  /** A rev after all before it. */
  nextRev(): Tid {
    return this.tids.next(this.commits.at(-1)?.rev)
  }

  /** A commit of some changes, which the account knows nothing of yet. */
  draft(changes: Changes, options: DraftOptions = {}): FormattedCommit {
    const { key = this.key, rev = this.nextRev(), on = this.commits.at(-1) ?? null } = options
    const tree = on?.tree ?? Mst.empty()
    const writes = Object.entries(changes).map(([path, value]): RepoWrite => {
      if (value === null) return { action: 'delete', path }
      const bytes = Buffer.isBuffer(value) ? value : encodeCbor(value)
      const cid = Cid.ofCbor(bytes)
      this.blocks.set(cid.toString(), bytes)
      return { action: tree.get(path) ? 'update' : 'create', path, cid, bytes }
    })
    return formatCommit({ did: this.did, tree, head: on?.cid ?? null, since: on?.rev ?? null, rev, writes, key })
  }

  /** Makes a commit the head. */
  keep(commit: FormattedCommit): FormattedCommit {
    this.commits.push(commit)
    return commit
  }

  commit(changes: Changes): FormattedCommit {
    return this.keep(this.draft(changes))
  }

  /** Posts once more. */
  post(text = `post ${this.commits.length}`): FormattedCommit {
    return this.commit({ [this.path()]: post(text) })
  }

  /** A path where nothing is. */
  path(collection = POSTS): string {
    return `${collection}/${this.tids.next()}`
  }

  /** CIDs of the records of a commit, by path. */
  records({ tree } = this.head): Map<string, string> {
    return new Map([...tree.entries()].map(({ key, value }) => [key, value.toString()]))
  }

  /** The repository as a CAR at a commit, or what has changed since another. */
  car(commit = this.head, since: FormattedCommit | null = null): Buffer {
    return encodeCar(commit.cid, this.carBlocks(commit, since))
  }

  /** As {@link car}: the commit, nodes, records. */
  carBlocks({ cid, bytes, tree }: FormattedCommit = this.head, since: FormattedCommit | null = null): CarBlock[] {
    const { added, ops } = diffTrees(since?.tree ?? Mst.empty(), tree)
    const nodes = added.length > 0 ? added : provePath(tree, '')
    const records = new Map(ops.flatMap((op) => (op.cid ? [[op.cid.toString(), op.cid]] : [])))
    const found = [...records].map(([text, record]) => ({ cid: record, bytes: this.blocks.get(text)! }))
    return [{ cid, bytes }, ...nodes, ...found]
  }

  private append(operation: PlcOperation): void {
    const { did } = this
    const log = this.plc.logs.get(did) ?? []
    const cid = cidOfOperation(operation)
    this.plc.logs.set(did, [...log, { did, operation, cid, nullified: false, createdAt: new Date().toISOString() }])
  }
}

export function post(text: string): DataMap {
  return { $type: POSTS, text, createdAt: '2026-01-02T03:04:05.678Z' }
}

/** What a host says of a commit; `lies` stand in the place of what is so. */
export function eventOf(commit: FormattedCommit, lies: Partial<CommitFrameInput> = {}): Frame {
  const { did, rev, since, cid, prevData, ops, blocks } = commit
  return commitFrame({ did, rev, since, commit: cid, prevData, ops, blocks, ...lies })
}
