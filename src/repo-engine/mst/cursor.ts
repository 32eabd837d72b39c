/**
 * A place in the pre-order of a tree: each node, then its left-most subtree, then for each key the entry and
 * the subtree right of it. Every item has a position, and positions ascend by (after, layer descending), an
 * entry being (its key, infinity). So two trees can be compared like two sorted lists.
 */
import type { Cid } from '../cid.js'
import type { Content, Subtree } from './subtree.js'
import type { Mst } from './tree.js'

/** The layer of an entry in the order: before every node that follows its key. */
const ENTRY_LAYER = Infinity

export class TreeCursor {
  /** The node here, or null when this is an entry or the end. */
  node: Subtree | null
  /** The value of the entry here, or null when this is a node or the end. */
  value: Cid | null = null
  /** For an entry its key, for a node the key before all below it. */
  after = ''
  layer: number
  done = false
  // Slot 2i is the subtree left of key i, slot 2i + 1 is the key.
  private readonly way: { content: Content; slot: number; after: string }[] = []

  constructor(private readonly tree: Mst) {
    this.node = tree.top
    this.layer = this.node.layer
  }

  /** Goes to the next item, below the node here. */
  stepInto(): void {
    if (this.node !== null) this.way.push({ content: this.node.open(this.tree.source), slot: 0, after: this.after })
    this.stepOver()
  }

  /** Goes to the next item that is not below the node here. */
  stepOver(): void {
    for (let place = this.way.at(-1); place !== undefined; place = this.way.at(-1)) {
      const { keys, values, kids } = place.content
      const slot = place.slot++
      const i = slot >> 1
      if (slot > 2 * keys.length) {
        this.way.pop()
      } else if ((slot & 1) === 1) {
        this.node = null
        this.value = values[i]
        this.after = keys[i]
        this.layer = ENTRY_LAYER
        return
      } else if (kids[i] != null) {
        this.node = kids[i]
        this.value = null
        this.after = i === 0 ? place.after : keys[i - 1]
        this.layer = this.node.layer
        return
      }
    }
    this.node = null
    this.value = null
    this.done = true
  }

  /** Negative when this cursor stands before the other, 0 at the same position. The end comes last. */
  compare(other: TreeCursor): number {
    if (this.done || other.done) return Number(this.done) - Number(other.done)
    if (this.after !== other.after) return this.after < other.after ? -1 : 1
    return this.layer === other.layer ? 0 : other.layer - this.layer
  }
}
