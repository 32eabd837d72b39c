/**
 * Builds a whole tree from its sorted entries in one pass, bottom-up, holding one open node per layer.
 */
import type { NodeBlock } from '../blockstore.js'
import { Cid } from '../cid.js'
import { RepoError } from '../errors.js'
import { encodeNode, isMstKey, layerOf } from './node.js'

export interface BuiltTree {
  readonly root: Cid
  /** The layer of the root; 0 for the empty tree. */
  readonly layer: number
}

/** A node that may still get entries; the link right of its last key is not known before it closes. */
class OpenNode {
  keys: string[] = []
  values: Cid[] = []
  links: (Cid | null)[] = []

  /** `after` is the last key that stands above this node: all it will hold comes after that. */
  constructor(readonly after: string) {}
}

/**
 * Takes entries in ascending order, gives each node to `onNode` as soon as it is complete (children before
 * parents), and the root in the end. A caller may spread the calls over time.
 */
export class TreeBuilder {
  private readonly open: (OpenNode | undefined)[] = []
  private last = ''

  constructor(private readonly onNode: (node: NodeBlock) => void) {}

  /** @throws RepoError InvalidMst when the key does not ascend or is no MST key. */
  add(key: string, value: Cid): void {
    if (!isMstKey(key)) throw new RepoError('InvalidMst', `not a collection/rkey key: ${key.slice(0, 80)}`)
    if (key <= this.last) throw new RepoError('InvalidMst', `keys are not ascending at ${key}`)
    const layer = layerOf(key)
    const left = this.closeBelow(layer)
    const node = this.nodeAt(layer)
    node.links.push(left)
    node.keys.push(key)
    node.values.push(value)
    this.last = key
  }

  /** Closes what is open. The builder is used up. */
  finish(): BuiltTree {
    const layer = Math.max(this.open.length - 1, 0)
    const left = this.closeBelow(layer)
    return { root: this.close(this.nodeAt(layer), layer, left), layer }
  }

  /** Closes all nodes under `layer`: each hangs right of the last key of the one above. Gives the top one. */
  private closeBelow(layer: number): Cid | null {
    let below: Cid | null = null
    for (let i = 0; i < layer; i++) {
      if (below === null && this.open[i] === undefined) continue
      below = this.close(this.nodeAt(i), i, below)
      this.open[i] = undefined
    }
    return below
  }

  private close({ keys, values, links, after }: OpenNode, layer: number, right: Cid | null): Cid {
    links.push(right)
    const bytes = encodeNode({ keys, values, links })
    const cid = Cid.ofCbor(bytes)
    this.onNode({ at: { after, layer }, cid, bytes })
    return cid
  }

  private nodeAt(layer: number): OpenNode {
    return (this.open[layer] ??= new OpenNode(this.keyAbove(layer)))
  }

  /** The last key on a layer above this one. The nodes there are still open, or were never needed. */
  private keyAbove(layer: number): string {
    let key = ''
    for (let i = layer + 1; i < this.open.length; i++) {
      const above = this.open[i]?.keys.at(-1)
      if (above !== undefined && above > key) key = above
    }
    return key
  }
}

/**
 * Builds the tree of strictly ascending entries, giving every node to `onNode`, children before parents.
 * @throws RepoError InvalidMst when the keys do not ascend or one is no MST key.
 */
export function buildTree(entries: Iterable<readonly [string, Cid]>, onNode: (node: NodeBlock) => void): BuiltTree {
  const builder = new TreeBuilder(onNode)
  for (const [key, value] of entries) builder.add(key, value)
  return builder.finish()
}
