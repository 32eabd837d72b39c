/**
 * Formats a commit: from the current tree and a list of writes to everything that storage, the record index
 * and the firehose need of it. Pure: nothing is stored, and the same input gives the same output.
 *
 * Terminology: a write is asked for in a request, in order; an op is a net change of one path between the
 * tree before and the tree after. A path that is written twice makes one op, or none when the writes cancel.
 */
import type { NodeBlock, NodePosition } from './blockstore.js'
import { type CarBlock, encodeCar } from './car.js'
import { Cid } from './cid.js'
import { type CommitSigner, signCommit } from './commit.js'
import { RepoError } from './errors.js'
import { diffTrees, type TreeOp } from './mst/diff.js'
import { proveOps, provePath } from './mst/proof.js'
import { Mst } from './mst/tree.js'
import type { Did } from './syntax.js'
import type { Tid } from './tid.js'

/** `path` is `collection/rkey`; `bytes` the encoded record and `cid` its CID. */
export type RepoWrite =
  | { readonly action: 'create' | 'update'; readonly path: string; readonly cid: Cid; readonly bytes: Uint8Array }
  | { readonly action: 'delete'; readonly path: string }

export interface RecordBlock extends CarBlock {
  readonly path: string
}

export interface CommitInput {
  readonly did: Did
  /** The tree of `head`; the empty tree for a new repository. */
  readonly tree: Mst
  /** The current commit and its rev; both null for a new repository. */
  readonly head: Cid | null
  readonly since: Tid | null
  /** The rev of the new commit. */
  readonly rev: Tid
  readonly writes: readonly RepoWrite[]
  readonly key: CommitSigner
}

export interface FormattedCommit {
  readonly did: Did
  readonly rev: Tid
  readonly since: Tid | null
  /** The head before. It is not in the signed block: `prev` there is null since version 3. */
  readonly prev: Cid | null
  /** The root of the tree before; null for a new repository. */
  readonly prevData: Cid | null
  /** The new head and its block. */
  readonly cid: Cid
  readonly bytes: Uint8Array
  /** The new tree and its root. */
  readonly tree: Mst
  readonly data: Cid
  /** Net changes, in the order in which the writes first name their paths. */
  readonly ops: TreeOp[]
  /** The new values of created and updated paths, in the order of `ops`. */
  readonly records: RecordBlock[]
  /** Nodes by which the new tree differs from the one before, as {@link diffTrees} gives them. */
  readonly addedNodes: NodeBlock[]
  readonly removedNodes: { readonly cid: Cid; readonly at: NodePosition }[]
  /**
   * What a firehose #commit carries: a CAR of the commit (its root), the new nodes with those of the covering
   * proof, and the records of `ops`.
   */
  readonly blocks: Uint8Array
}

/**
 * @throws RepoError KeyExists for a create of a path that is there, KeyNotFound for an update or delete of one
 * that is not (each write sees those before it), InvalidCommit when `rev` does not come after `since`,
 * InvalidMst for a path that cannot be in a tree; MissingBlock when the store of the tree lacks a node.
 */
export function formatCommit(input: CommitInput): FormattedCommit {
  const { did, head, since, rev, key } = input
  if (since !== null && rev <= since) throw new RepoError('InvalidCommit', `rev ${rev} does not come after ${since}`)

  const { tree, ops, records } = applyWrites(input.tree, input.writes)
  const bytes = signCommit({ did, version: 3, data: tree.root, rev, prev: null }, key)
  return describeCommit({ did, since, rev, prev: head, bytes }, input.tree, tree, ops, records)
}

/** A signed commit, and what it follows on. */
export type SignedCommit = Pick<FormattedCommit, 'did' | 'since' | 'rev' | 'prev' | 'bytes'>

/**
 * What a commit that somebody has signed changes, with its covering proof. `ops` lead from one tree to the other, and
 * `records` are their new values. @throws MissingBlock when the store of the trees lacks a node.
 */
export function describeCommit(
  signed: SignedCommit,
  before: Mst,
  tree: Mst,
  ops: TreeOp[],
  records: RecordBlock[],
): FormattedCommit {
  const { prev, bytes } = signed
  const cid = Cid.ofCbor(bytes)
  const { added, removed } = prev === null ? wholeTree(tree) : diffTrees(before, tree)
  const nodes = mergeNodes(added, proveOps(tree, ops))
  return {
    ...signed,
    prevData: prev === null ? null : before.root,
    cid,
    tree,
    data: tree.root,
    ops,
    records,
    addedNodes: added,
    removedNodes: removed,
    blocks: encodeCar(cid, [{ cid, bytes }, ...nodes, ...distinct(records)]),
  }
}

function applyWrites(before: Mst, writes: readonly RepoWrite[]): Pick<FormattedCommit, 'tree' | 'ops' | 'records'> {
  let tree = before
  // By path, in order of first mention: the CID before all writes, and the last write.
  const touched = new Map<string, { prev: Cid | null; write: RepoWrite }>()
  for (const write of writes) {
    const { action, path } = write
    const held = tree.get(path)
    if (action === 'create' && held !== null) throw new RepoError('KeyExists', `record exists: ${path}`)
    if (action !== 'create' && held === null) throw new RepoError('KeyNotFound', `no such record: ${path}`)
    tree = action === 'delete' ? tree.delete(path) : tree.set(path, write.cid)
    const entry = touched.get(path)
    if (entry) entry.write = write
    else touched.set(path, { prev: held, write })
  }
  const ops: TreeOp[] = []
  const records: RecordBlock[] = []
  for (const [path, { prev, write }] of touched) {
    if (write.action === 'delete') {
      if (prev !== null) ops.push({ action: 'delete', path, cid: null, prev })
    } else if (!write.cid.equals(prev)) {
      ops.push({ action: prev === null ? 'create' : 'update', path, cid: write.cid, prev })
      records.push({ path, cid: write.cid, bytes: write.bytes })
    }
  }
  return { tree, ops, records }
}

/** The difference between no tree at all and this one, which has a node even when it is empty. */
function wholeTree(tree: Mst): Pick<ReturnType<typeof diffTrees>, 'added' | 'removed'> {
  const { added } = diffTrees(Mst.empty(), tree)
  return { added: added.length > 0 ? added : provePath(tree, ''), removed: [] }
}

/** Two lists of nodes of one tree, both in pre-order, as one, each node once. */
function mergeNodes(left: readonly NodeBlock[], right: readonly NodeBlock[]): NodeBlock[] {
  const merged: NodeBlock[] = []
  let l = 0
  let r = 0
  while (l < left.length && r < right.length) {
    const order = comparePositions(left[l]!.at, right[r]!.at)
    merged.push(order <= 0 ? left[l]! : right[r]!)
    if (order <= 0) l++
    if (order >= 0) r++
  }
  while (l < left.length) merged.push(left[l++]!)
  while (r < right.length) merged.push(right[r++]!)
  return merged
}

function comparePositions(left: NodePosition, right: NodePosition): number {
  if (left.after !== right.after) return left.after < right.after ? -1 : 1
  return right.layer - left.layer
}

/** Equal records are one block. (One made to look like a node is in the CAR twice, which readers allow.) */
function distinct(records: readonly RecordBlock[]): Iterable<CarBlock> {
  return new Map(records.map((record) => [record.cid.toString(), record])).values()
}
