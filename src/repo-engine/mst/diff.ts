/**
 * What changed between two trees: entries, and nodes by their places.
 */
import type { NodeBlock, NodePosition } from '../blockstore.js'
import type { Cid } from '../cid.js'
import { RepoError } from '../errors.js'
import { TreeCursor } from './cursor.js'
import type { Mst } from './tree.js'

/** A change of one entry, as `#commit` events on the firehose tell it. `prev` is the CID before, `cid` after. */
export interface TreeOp {
  readonly action: 'create' | 'update' | 'delete'
  readonly path: string
  readonly cid: Cid | null
  readonly prev: Cid | null
}

/**
 * Nodes are told apart by place and CID. A node that only moved (its content is the same, but another key
 * stands before it now) is therefore both in `added` and in `removed`: a store filed by position puts
 * `added`, then deletes the positions of `removed` that `added` did not fill; a store filed by CID deletes
 * `removed` first and then puts `added`.
 */
export interface TreeDiff {
  /** By path, ascending. */
  readonly ops: TreeOp[]
  /** Nodes of the tree after that the tree before does not have there, in pre-order. */
  readonly added: NodeBlock[]
  /** Nodes of the tree before that the tree after does not have there, in pre-order. */
  readonly removed: { readonly cid: Cid; readonly at: NodePosition }[]
}

/**
 * Compares two trees in one merge of their pre-orders. Subtrees that are the same object or have the same
 * CID at the same place are passed over unread. Every node whose position changed gets read, so `after` can
 * go on being used once the diff is stored: what it has not read yet is where it was.
 * @throws MissingBlock; RepoError InvalidMst; LimitExceeded as soon as there are more than `maxOps` changes, however large
 * the trees are.
 */
export function diffTrees(before: Mst, after: Mst, maxOps = Infinity): TreeDiff {
  const ops: TreeOp[] = []
  const added: NodeBlock[] = []
  const removed: { cid: Cid; at: NodePosition }[] = []
  const old = new TreeCursor(before)
  const now = new TreeCursor(after)

  while (!old.done || !now.done) {
    const order = old.compare(now)
    if (order === 0 && same(old, now)) {
      old.stepOver()
      now.stepOver()
      continue
    }
    const leaves = order <= 0
    const comes = order >= 0
    if ((leaves ? old : now).node === null) {
      const action = leaves ? (comes ? 'update' : 'delete') : 'create'
      const path = (leaves ? old : now).after
      if (ops.length === maxOps) throw new RepoError('LimitExceeded', `the trees differ by more than ${maxOps} records`)
      ops.push({ action, path, cid: comes ? now.value : null, prev: leaves ? old.value : null })
    } else {
      if (leaves) removed.push({ cid: old.node!.cid, at: positionOf(old) })
      if (comes) added.push({ at: positionOf(now), cid: now.node!.cid, bytes: now.node!.encode(after.source) })
    }
    if (leaves) old.stepInto()
    if (comes) now.stepInto()
  }
  return { ops, added, removed }
}

/** Whether two cursors at one position have the same thing there: both a node, or both an entry. */
function same(left: TreeCursor, right: TreeCursor): boolean {
  if (left.node !== null) return left.node === right.node || left.node.cid.equals(right.node!.cid)
  return left.value!.equals(right.value)
}

function positionOf({ after, layer }: TreeCursor): NodePosition {
  return { after, layer }
}
