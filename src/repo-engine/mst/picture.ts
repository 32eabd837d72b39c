/**
 * A tree as one looks at it: plain JSON, small enough to be drawn. Made from the items of a walk, in their order, without
 * holding more of the tree than is going to be seen.
 */
import type { WalkItem } from './walk.js'

/** A node with what stands in it and hangs below it, from left to right. */
export interface PictureNode {
  kind: 'node'
  layer: number
  cid: string
  /** Bytes of its block. */
  size: number
  below: PictureItem[]
}

/** A record, by its key in the tree. */
export interface PictureEntry {
  kind: 'entry'
  key: string
  cid: string
}

/** A subtree that is not drawn node by node, or the last of the entries in a node of very many. */
export interface PictureRest {
  kind: 'rest'
  /** Layer of its topmost node. */
  layer: number
  nodes: number
  entries: number
  /** Bytes of its nodes. */
  size: number
  /** Least and greatest key in it; empty when it has none. */
  first: string
  last: string
}

export type PictureItem = PictureNode | PictureEntry | PictureRest

/** A node that the walk is in. */
interface Open {
  layer: number
  /** Entries of it that are still to come. */
  left: number
  node: PictureNode | null
  /** What it is counted in when it is not drawn. */
  rest: PictureRest | null
}

/** Nodes and entries that a picture has, unless told otherwise. */
export const PICTURE_ITEMS = 8_000

/**
 * Collects the items of one walk ({@link walkTree}). Once there are more than `most` nodes and entries, the lowest layer that
 * is drawn is folded: each of its nodes becomes one {@link PictureRest}, with all that is below it.
 */
export class TreePicture {
  private root: PictureNode | null = null
  /** Nodes below this layer are not drawn. */
  private lowest = 0
  private drawn = 0
  private readonly way: Open[] = []

  constructor(private readonly most = PICTURE_ITEMS) {}

  /** Takes the next item of the walk. */
  add(item: WalkItem): void {
    if (item.kind === 'node') this.enter(item)
    else this.take(item.key, item.value.toString())
    while (this.drawn > this.most && this.lowest < this.root!.layer) this.fold()
  }

  /** The root, once the walk has ended; null when there was none. */
  finish(): PictureNode | null {
    return this.root
  }

  private enter({ at: { layer }, cid, bytes, entries }: WalkItem & { kind: 'node' }): void {
    while (this.way.length > 0 && this.way.at(-1)!.layer <= layer) this.way.pop()
    const parent = this.way.at(-1)
    const open: Open = { layer, left: entries, node: null, rest: null }
    this.way.push(open)
    if (parent && layer < this.lowest) {
      open.rest = parent.rest ?? restIn(parent.node!, layer)
      open.rest.nodes++
      open.rest.size += bytes.length
      return
    }
    open.node = { kind: 'node', layer, cid: cid.toString(), size: bytes.length, below: [] }
    this.drawn++
    if (parent) parent.node!.below.push(open.node)
    else this.root = open.node
  }

  private take(key: string, cid: string): void {
    // The entries of a node that are still to come are behind everything below it.
    const owner = this.way.findLast(({ left }) => left > 0)!
    owner.left--
    const { node } = owner
    // Where there is no room, folding makes some, unless nothing but the root is left.
    if (node && (this.drawn < this.most || this.lowest < this.root!.layer)) {
      node.below.push({ kind: 'entry', key, cid })
      this.drawn++
    } else {
      const last = node?.below.at(-1)
      const rest = owner.rest ?? (last?.kind === 'rest' ? last : restIn(node!, node!.layer))
      count(rest, { nodes: 0, entries: 1, size: 0, first: key, last: key })
    }
  }

  /** Draws one layer less. */
  private fold(): void {
    this.lowest++
    const folded = new Map<PictureNode, PictureRest>()
    this.foldIn(this.root!, folded)
    let rest: PictureRest | null = null
    for (const open of this.way) {
      if (open.layer >= this.lowest) continue
      rest = (open.node && folded.get(open.node)) ?? open.rest ?? rest
      open.rest = rest
      open.node = null
    }
  }

  private foldIn(node: PictureNode, folded: Map<PictureNode, PictureRest>): void {
    node.below.forEach((item, i) => {
      if (item.kind !== 'node') return
      if (item.layer >= this.lowest) return this.foldIn(item, folded)
      const rest = restOf(item)
      this.drawn -= 1 + item.below.filter(({ kind }) => kind === 'entry').length
      folded.set(item, rest)
      node.below[i] = rest
    })
  }
}

function restIn(node: PictureNode, layer: number): PictureRest {
  const rest: PictureRest = { kind: 'rest', layer, nodes: 0, entries: 0, size: 0, first: '', last: '' }
  node.below.push(rest)
  return rest
}

/** A node whose subtrees are not drawn, as one of them. */
function restOf({ layer, size, below }: PictureNode): PictureRest {
  const rest: PictureRest = { kind: 'rest', layer, nodes: 1, entries: 0, size, first: '', last: '' }
  for (const item of below)
    if (item.kind === 'entry') count(rest, { nodes: 0, entries: 1, size: 0, first: item.key, last: item.key })
    else if (item.kind === 'rest') count(rest, item)
  return rest
}

function count(rest: PictureRest, more: Omit<PictureRest, 'kind' | 'layer'>): void {
  rest.nodes += more.nodes
  rest.entries += more.entries
  rest.size += more.size
  rest.first ||= more.first
  rest.last = more.last || rest.last
}
