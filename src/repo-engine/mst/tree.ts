/**
 * The Merkle Search Tree of a repository (https://atproto.com/specs/repository#mst-structure): a map from
 * `collection/rkey` to record CIDs whose shape, and so whose root CID, follows from its content alone.
 *
 * Persistent: an edit gives a new tree that shares all it did not touch. Lazy: a node is read from the store
 * when an operation first goes through it, and then kept. A tree that is being iterated may not see its
 * unread nodes overwritten in the store.
 */
import type { Blockstore } from '../blockstore.js'
import type { Cid } from '../cid.js'
import { RepoError } from '../errors.js'
import { leaf, notFound, put, putAbove, remove } from './edit.js'
import { bisect, isMstKey, layerOf } from './node.js'
import { type Content, NodeSource, Subtree } from './subtree.js'

export interface Entry {
  readonly key: string
  readonly value: Cid
}

/** Which entries, and from which end. */
export interface EntryRange {
  /** First key, inclusive. */
  readonly from?: string
  /** End of the keys, exclusive. */
  readonly to?: string
  readonly reverse?: boolean
}

export class Mst {
  private constructor(
    /** Where this tree and all trees made from it read their nodes. */
    readonly source: NodeSource,
    private opened: Subtree | null,
    private readonly rootCid: Cid | null,
    private readonly rootLayer: number | undefined,
  ) {}

  /** The tree without entries. */
  static empty(): Mst {
    return Mst.over(new NodeSource({ get: () => null }), Subtree.of(0, [], [], [null]))
  }

  /**
   * A stored tree; nothing is read yet. `rootLayer` helps a store that files nodes by position to find the
   * root; where it is not given the root is asked for without a position.
   */
  static load(store: Blockstore, root: Cid, rootLayer?: number): Mst {
    return new Mst(new NodeSource(store), null, root, rootLayer)
  }

  private static over(source: NodeSource, top: Subtree): Mst {
    return new Mst(source, top, null, undefined)
  }

  /** The root node; for the algorithms beside this class. @throws MissingBlock, RepoError InvalidMst. */
  get top(): Subtree {
    return (this.opened ??= Subtree.root(this.source, this.rootCid!, this.rootLayer))
  }

  /** The root CID. What changed since the last time is encoded and hashed now. */
  get root(): Cid {
    return this.rootCid ?? this.opened!.cid
  }

  /** The layer of the root; 0 for the empty tree. */
  get layer(): number {
    return this.top.layer
  }

  get isEmpty(): boolean {
    return this.top.open(this.source).keys.length === 0
  }

  /** About how many nodes this tree, with those it shares nodes with, holds in memory. */
  get nodeCountLoaded(): number {
    return this.source.nodes
  }

  /** The record CID under a key, or null. @throws MissingBlock, RepoError InvalidMst. */
  get(key: string): Cid | null {
    let node: Subtree | null = this.top
    while (node !== null) {
      const { keys, values, kids } = node.open(this.source)
      const i = bisect(keys, key)
      if (keys[i] === key) return values[i]
      node = kids[i]
    }
    return null
  }

  /**
   * The tree with the entry created or replaced; this same tree when it already holds it.
   * @throws RepoError InvalidMst for a key that cannot be in a tree; MissingBlock.
   */
  set(key: string, value: Cid): Mst {
    if (!isMstKey(key)) throw new RepoError('InvalidMst', `not a collection/rkey key: ${key.slice(0, 80)}`)
    const { top, source } = this
    const layer = layerOf(key)
    const edited = this.isEmpty
      ? leaf(key, value, layer, source)
      : layer > top.layer
        ? putAbove(top, key, value, layer, source)
        : put(top, key, value, layer, source)
    return edited === top ? this : Mst.over(source, edited)
  }

  /** The tree without the entry. @throws RepoError KeyNotFound, InvalidMst; MissingBlock. */
  delete(key: string): Mst {
    const { top, source } = this
    const layer = layerOf(key)
    if (layer > top.layer) throw notFound(key)
    let edited = remove(top, key, layer, source)
    // The top of a tree has keys: what stands above the highest key goes.
    while (edited !== null) {
      const { keys, kids }: Content = edited.open(source)
      if (keys.length > 0) return Mst.over(source, edited)
      source.nodes--
      edited = kids[0]
    }
    return Mst.over(source, Subtree.of(0, [], [], [null]))
  }

  /** Entries in order of their keys, read as the caller goes. @throws MissingBlock, RepoError InvalidMst. */
  *entries(range: EntryRange = {}): Generator<Entry> {
    const { from, to, reverse = false } = range
    // The way down to the current place, with the entry that comes next in each node.
    const way: { content: Content; next: number }[] = []
    let start = reverse ? to : from
    let node: Subtree | null = this.top
    for (;;) {
      while (node !== null) {
        const content: Content = node.open(this.source)
        const { keys, kids } = content
        const i: number = start !== undefined ? bisect(keys, start) : reverse ? keys.length : 0
        way.push({ content, next: reverse ? i - 1 : i })
        // When the first key itself is found, nothing left of it is wanted.
        node = start !== undefined && !reverse && keys[i] === start ? null : kids[i]
      }
      start = undefined
      const place = way.at(-1)
      if (place === undefined) return
      const { keys, values, kids }: Content = place.content
      const i: number = place.next
      if (i < 0 || i >= keys.length) {
        way.pop()
        continue
      }
      const key = keys[i]
      if (reverse ? from !== undefined && key < from : to !== undefined && key >= to) return
      yield { key, value: values[i] }
      place.next = reverse ? i - 1 : i + 1
      node = kids[reverse ? i : i + 1]
    }
  }
}
