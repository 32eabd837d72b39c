/**
 * The four edits of a Merkle Search Tree, as functions from nodes to nodes. Nothing is changed in place; a
 * subtree that an edit does not reach is shared with the tree before, and one whose content stays the same
 * stays the same object. Recursion goes down layers, of which there are at most 128.
 */
import type { Cid } from '../cid.js'
import { RepoError } from '../errors.js'
import { bisect } from './node.js'
import { type NodeSource, Subtree } from './subtree.js'

/** `node` with the entry put in. `layer` is the key's, not above the node's. */
export function put(node: Subtree, key: string, value: Cid, layer: number, source: NodeSource): Subtree {
  const content = node.open(source)
  const { keys, values, kids } = content
  const i = bisect(keys, key)
  if (layer < node.layer) {
    const kid = kids[i]
    const edited = kid
      ? put(kid, key, value, layer, source)
      : lift(leaf(key, value, layer, source), node.layer - 1, source)
    return edited === kid ? node : node.withKid(content, i, edited)
  }
  if (keys[i] === key) {
    if (values[i].equals(value)) return node
    const edited = values.slice()
    edited[i] = value
    return Subtree.of(layer, keys, edited, kids)
  }
  const [left, right] = split(kids[i], key, source)
  return Subtree.of(layer, keys.toSpliced(i, 0, key), values.toSpliced(i, 0, value), kids.toSpliced(i, 1, left, right))
}

/** A tree whose root stands above the layer of `node`, for a key that does: all there was hangs below it. */
export function putAbove(node: Subtree, key: string, value: Cid, layer: number, source: NodeSource): Subtree {
  const [left, right] = split(node, key, source)
  source.nodes++
  return Subtree.of(
    layer,
    [key],
    [value],
    [left && lift(left, layer - 1, source), right && lift(right, layer - 1, source)],
  )
}

/** A node of one entry. */
export function leaf(key: string, value: Cid, layer: number, source: NodeSource): Subtree {
  source.nodes++
  return Subtree.of(layer, [key], [value], [null, null])
}

/** Nodes without keys above `node`, up to `layer`: a link never skips a layer. */
function lift(node: Subtree, layer: number, source: NodeSource): Subtree {
  let top = node
  while (top.layer < layer) {
    source.nodes++
    top = Subtree.of(top.layer + 1, [], [], [top])
  }
  return top
}

/** What is left and what is right of `key`, which must not be in the subtree. */
function split(node: Subtree | null, key: string, source: NodeSource): [Subtree | null, Subtree | null] {
  if (node === null) return [null, null]
  const { keys, values, kids } = node.open(source)
  const i = bisect(keys, key)
  const [left, right] = split(kids[i], key, source)
  if (i === 0 && left === null) return [null, node]
  if (i === keys.length && right === null) return [node, null]
  source.nodes++
  return [
    Subtree.of(node.layer, keys.slice(0, i), values.slice(0, i), [...kids.slice(0, i), left]),
    Subtree.of(node.layer, keys.slice(i), values.slice(i), [right, ...kids.slice(i + 1)]),
  ]
}

/** `node` without the entry; null when nothing is left. @throws RepoError KeyNotFound. */
export function remove(node: Subtree, key: string, layer: number, source: NodeSource): Subtree | null {
  const content = node.open(source)
  const { keys, values, kids } = content
  const i = bisect(keys, key)
  if (layer < node.layer) {
    const kid = kids[i]
    if (kid === null) throw notFound(key)
    const edited = remove(kid, key, layer, source)
    return edited === null && keys.length === 0 ? drop(source) : node.withKid(content, i, edited)
  }
  if (keys[i] !== key) throw notFound(key)
  const merged = merge(kids[i], kids[i + 1], source)
  if (merged === null && keys.length === 1) return drop(source)
  return Subtree.of(layer, keys.toSpliced(i, 1), values.toSpliced(i, 1), kids.toSpliced(i, 2, merged))
}

/** Two neighbours of one layer as one, now that no key stands between them. */
function merge(left: Subtree | null, right: Subtree | null, source: NodeSource): Subtree | null {
  if (left === null) return right
  if (right === null) return left
  const l = left.open(source)
  const r = right.open(source)
  const seam = merge(l.kids[l.keys.length], r.kids[0], source)
  source.nodes--
  return Subtree.of(
    left.layer,
    [...l.keys, ...r.keys],
    [...l.values, ...r.values],
    [...l.kids.slice(0, -1), seam, ...r.kids.slice(1)],
  )
}

function drop(source: NodeSource): null {
  source.nodes--
  return null
}

export function notFound(key: string): RepoError {
  return new RepoError('KeyNotFound', `no such key in the tree: ${key}`)
}
