/**
 * A node of a tree in memory, with everything below it. Immutable in meaning: content and CID are filled in
 * when first asked for and never change, so trees share nodes freely.
 *
 * A node that is not read yet knows its CID and where its parent had it when the parent was read. That place
 * is what a store filed by position knows it under, even after edits in memory moved it.
 */
import type { Blockstore } from '../blockstore.js'
import { Cid } from '../cid.js'
import { rewriteLink, writeNode } from './node.js'
import { readNode, type ReadNode, readRoot } from './read.js'

/** Where a family of trees reads its nodes from, and how many it holds in memory, roughly. */
export class NodeSource {
  nodes = 0

  constructor(readonly store: Blockstore) {}
}

/** `kids[i]` is the subtree left of `keys[i]`; there is one more than keys. */
export interface Content {
  readonly keys: readonly string[]
  readonly values: readonly Cid[]
  readonly kids: readonly (Subtree | null)[]
}

export class Subtree {
  // The bytes as a Latin-1 string, which costs a tenth of a Buffer to make and to collect; or those of the
  // node this one was made from, if only the CID at link `stale` differs.
  private text: string | null = null
  private stale = -1

  private constructor(
    readonly layer: number,
    private content: Content | null,
    private link: Cid | null,
    private readonly after: string,
    private readonly before: string | null,
  ) {}

  /** A new node. The arrays are held, so they must not change any more. */
  static of(
    layer: number,
    keys: readonly string[],
    values: readonly Cid[],
    kids: readonly (Subtree | null)[],
  ): Subtree {
    return new Subtree(layer, { keys, values, kids }, null, '', null)
  }

  /** The root of a stored tree, read at once. @throws MissingBlock, RepoError InvalidMst. */
  static root(source: NodeSource, cid: Cid, layer?: number): Subtree {
    const read = readRoot(source.store, cid, layer)
    const root = new Subtree(read.layer, null, cid, '', null)
    root.fill(read, source)
    return root
  }

  /** The content, read when it is not there yet. @throws MissingBlock, RepoError InvalidMst. */
  open(source: NodeSource): Content {
    if (this.content !== null) return this.content
    const at = { after: this.after, layer: this.layer }
    return this.fill(readNode(source.store, this.link!, at, this.before), source)
  }

  private fill({ bytes, data: { keys, values, links } }: ReadNode, source: NodeSource): Content {
    const kids = links.map((link, i) =>
      link === null
        ? null
        : new Subtree(this.layer - 1, null, link, i === 0 ? this.after : keys[i - 1], keys[i] ?? this.before),
    )
    source.nodes++
    this.text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
    return (this.content = { keys, values, kids })
  }

  /** The CID; nodes below that have none yet get theirs first. */
  get cid(): Cid {
    return this.link ?? this.seal(this.content!)
  }

  /** The bytes, in memory of their own. @throws MissingBlock, RepoError InvalidMst. */
  encode(source: NodeSource): Uint8Array {
    this.open(source)
    if (this.link === null) this.seal(this.content!)
    return Buffer.from(this.text!, 'latin1')
  }

  /** Makes bytes and CID of a node that is complete but was never encoded. */
  private seal({ keys, values, kids }: Content): Cid {
    let bytes: Buffer
    if (this.text !== null) {
      const { cid } = kids[this.stale]!
      bytes = rewriteLink(this.text, this.stale, cid)
    } else {
      const links = kids.map((kid) => (kid === null ? null : kid.cid))
      bytes = writeNode({ keys, values, links })
    }
    this.text = bytes.toString('latin1')
    this.stale = -1
    return (this.link = Cid.ofCbor(bytes))
  }

  /** The same node over another subtree at `index`. */
  withKid({ keys, values, kids }: Content, index: number, kid: Subtree | null): Subtree {
    const edited = kids.slice()
    edited[index] = kid
    const node = Subtree.of(this.layer, keys, values, edited)
    // One CID for another leaves all other bytes as they are.
    if (kid !== null && kids[index] !== null && (this.stale === -1 || this.stale === index)) {
      node.text = this.text
      node.stale = index
    }
    return node
  }
}
