/**
 * Proofs: nodes enough to check a claim about a tree without having the tree.
 */
import type { NodeBlock } from '../blockstore.js'
import { RepoError } from '../errors.js'
import type { TreeOp } from './diff.js'
import { notFound } from './edit.js'
import { bisect } from './node.js'
import type { Subtree } from './subtree.js'
import type { Mst } from './tree.js'

/**
 * The covering proof of a commit: nodes of the tree after it that let anyone undo the operations, in any
 * order, and arrive at the root before it (https://atproto.com/specs/sync#commit-validation-mst-inversion).
 *
 * To undo a create merges the subtrees on both sides of the key, so it needs the way to the key and the ways
 * to its neighbours; the other operations need the way to the key only. That is enough in every order: the
 * range of a node that no step has touched yet grows only when a created key at its edge goes, and that
 * key's proof already has the whole edge. Pre-order, each node once. @throws MissingBlock.
 */
export function proveOps(after: Mst, ops: Iterable<Pick<TreeOp, 'action' | 'path'>>): NodeBlock[] {
  const proof = new Proof(after)
  for (const { action, path } of ops) proof.addPath(path, action === 'create')
  return proof.blocks()
}

/** The nodes from the root to the entry, or to where it would be. @throws MissingBlock. */
export function provePath(tree: Mst, key: string): NodeBlock[] {
  const proof = new Proof(tree)
  proof.addPath(key, false)
  return proof.blocks()
}

class Proof {
  private readonly nodes = new Map<Subtree, string>()

  constructor(private readonly tree: Mst) {}

  /** Adds the way down to `key` and, if wanted and the key is there, on to the keys next to it. */
  addPath(key: string, withNeighbours: boolean): void {
    let node: Subtree | null = this.tree.top
    let after = ''
    while (node !== null) {
      const { keys, kids } = this.add(node, after)
      const i = bisect(keys, key)
      if (i > 0) after = keys[i - 1]
      if (keys[i] === key) {
        if (withNeighbours) {
          this.addRightEdge(kids[i], after)
          this.addLeftEdge(kids[i + 1], key)
        }
        return
      }
      node = kids[i]
    }
  }

  private addRightEdge(node: Subtree | null, after: string): void {
    while (node !== null) {
      const { keys, kids } = this.add(node, after)
      after = keys.at(-1) ?? after
      node = kids[keys.length]
    }
  }

  private addLeftEdge(node: Subtree | null, after: string): void {
    while (node !== null) node = this.add(node, after).kids[0]
  }

  private add(node: Subtree, after: string): ReturnType<Subtree['open']> {
    this.nodes.set(node, after)
    return node.open(this.tree.source)
  }

  blocks(): NodeBlock[] {
    return Array.from(this.nodes, ([node, after]) => ({
      at: { after, layer: node.layer },
      cid: node.cid,
      bytes: node.encode(this.tree.source),
    })).sort(({ at: a }, { at: b }) => (a.after === b.after ? b.layer - a.layer : a.after < b.after ? -1 : 1))
  }
}

/**
 * Undoes operations, last first, on a tree that may be partial, checking that each one holds: what was
 * created or updated is there with its CID, what was deleted is not. If the operations are all there were,
 * the root of the result is the root before the commit.
 * @throws RepoError KeyNotFound for a created or updated key that is absent, InvalidMst for an operation
 * that does not fit the tree or itself; MissingBlock when the tree does not hold enough.
 */
export function invertOps(tree: Mst, ops: readonly TreeOp[]): Mst {
  let inverted = tree
  for (let i = ops.length - 1; i >= 0; i--) {
    const { action, path, cid, prev } = ops[i]
    if ((cid === null) !== (action === 'delete') || (prev === null) !== (action === 'create'))
      throw new RepoError('InvalidMst', `CIDs do not fit the ${action} of ${path}`)
    const held = inverted.get(path)
    if (held === null && cid !== null) throw notFound(path)
    if (held !== null && !held.equals(cid))
      throw new RepoError('InvalidMst', `the tree does not hold what the ${action} of ${path} says`)
    inverted = prev === null ? inverted.delete(path) : inverted.set(path, prev)
  }
  return inverted
}
