/**
 * The full check of a stored tree, and at the same time its stream: what it gives, in this order, is what a
 * streamable CAR holds.
 */
import type { Blockstore, NodePosition } from '../blockstore.js'
import type { Cid } from '../cid.js'
import { RepoError } from '../errors.js'
import { readNode, type ReadNode, readRoot } from './read.js'

/** Bounds on the work of one walk; one that is not given does not bind. */
export interface WalkLimits {
  readonly maxNodes?: number
  readonly maxEntries?: number
  /** Bytes of nodes. */
  readonly maxBytes?: number
  /** Highest layer of the root. Default {@link MAX_LAYER}. */
  readonly maxLayer?: number
  /** Not a bound but a hint: the layer of the root, for stores that file nodes by position. */
  readonly rootLayer?: number
}

/**
 * A key on layer n takes 4^n tries to find, and makes each path n nodes longer. An honest tree of a billion
 * records is about 15 high; 32 is out of reach even for those who would mine.
 */
export const MAX_LAYER = 32

export type WalkItem =
  | {
      readonly kind: 'node'
      readonly at: NodePosition
      readonly cid: Cid
      readonly bytes: Uint8Array
      /** How many entries stand in this very node. */
      readonly entries: number
    }
  | { readonly kind: 'entry'; readonly key: string; readonly value: Cid }

/**
 * Walks a tree in pre-order: a node, its left-most subtree, then for each entry the entry and the subtree
 * right of it. Each node is checked against its CID, its layer, and the range its parent leaves it, so no
 * part of a tree can be entered twice and the way down is never longer than the root is high.
 * @throws MissingBlock, RepoError InvalidMst, LimitExceeded.
 */
export function* walkTree(store: Blockstore, root: Cid, limits: WalkLimits = {}): Generator<WalkItem, void, void> {
  const { maxNodes = Infinity, maxEntries = Infinity, maxBytes = Infinity, maxLayer = MAX_LAYER } = limits
  let nodes = 0
  let entries = 0
  let bytes = 0
  // Slot 2i is the link left of key i, slot 2i + 1 is the key.
  const way: { read: ReadNode; slot: number; after: string; before: string | null }[] = []

  const enter = (cid: Cid, read: ReadNode, after: string, before: string | null): WalkItem => {
    const count = read.data.keys.length
    bound('nodes', ++nodes, maxNodes)
    bound('entries', (entries += count), maxEntries)
    bound('bytes of nodes', (bytes += read.bytes.length), maxBytes)
    way.push({ read, slot: 0, after, before })
    return { kind: 'node', at: { after, layer: read.layer }, cid, bytes: read.bytes, entries: count }
  }

  const top = readRoot(store, root, limits.rootLayer)
  bound('layers', top.layer, maxLayer)
  yield enter(root, top, '', null)
  for (let place = way.at(-1); place !== undefined; place = way.at(-1)) {
    const { layer, data } = place.read
    const slot = place.slot++
    const i = slot >> 1
    if (slot > 2 * data.keys.length) {
      way.pop()
    } else if ((slot & 1) === 1) {
      yield { kind: 'entry', key: data.keys[i], value: data.values[i] }
    } else {
      const link = data.links[i]
      if (link === null) continue
      const after = i === 0 ? place.after : data.keys[i - 1]
      const before = data.keys[i] ?? place.before
      yield enter(link, readNode(store, link, { after, layer: layer - 1 }, before), after, before)
    }
  }
}

function bound(what: string, value: number, most: number): void {
  if (value > most) throw new RepoError('LimitExceeded', `the tree has more than ${most} ${what}`)
}
