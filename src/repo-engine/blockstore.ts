/**
 * Where blocks come from. The one door through which the engine reaches storage: synchronous, by CID,
 * with a hint of where in the tree the wanted MST node stands, so that a store may file its nodes in
 * tree order instead of by hash.
 */
import type { Cid } from './cid.js'
import { RepoError } from './errors.js'

/**
 * Where an MST node stands in its tree: the key that comes right before everything below the node ('' at
 * the left edge) and the node's layer (0 = leaves). Unique within a tree. Sorting by (after, layer
 * descending) is the tree's pre-order: a node, then its left-most subtree, then — after the record of
 * `after` itself — what follows each key.
 */
export interface NodePosition {
  readonly after: string
  readonly layer: number
}

/** An encoded MST node with its place. */
export interface NodeBlock {
  readonly at: NodePosition
  readonly cid: Cid
  readonly bytes: Uint8Array
}

export interface Blockstore {
  /** The block, or null when this store does not have it. `at` is given for MST nodes. */
  get(cid: Cid, at?: NodePosition): Uint8Array | null
}

/** Thrown when a block that an operation needs is not in its store. */
export class MissingBlock extends RepoError {
  constructor(
    readonly cid: Cid,
    readonly at?: NodePosition,
  ) {
    super('MissingBlock', `missing block ${cid.toString()}`)
    this.name = 'MissingBlock'
  }
}

/** Blocks in memory, by CID. */
export class MemoryBlockstore implements Blockstore {
  private readonly blocks = new Map<string, Uint8Array>()

  get(cid: Cid): Uint8Array | null {
    return this.blocks.get(cid.toString()) ?? null
  }

  put(cid: Cid, bytes: Uint8Array): void {
    this.blocks.set(cid.toString(), bytes)
  }

  delete(cid: Cid): void {
    this.blocks.delete(cid.toString())
  }

  get size(): number {
    return this.blocks.size
  }
}

/** Reads the first store that has the block: fresh blocks laid over stored ones. */
export class OverlayBlockstore implements Blockstore {
  private readonly layers: readonly Blockstore[]

  constructor(...layers: Blockstore[]) {
    this.layers = layers
  }

  get(cid: Cid, at?: NodePosition): Uint8Array | null {
    for (const layer of this.layers) {
      const bytes = layer.get(cid, at)
      if (bytes) return bytes
    }
    return null
  }
}

/** Remembers which blocks were read: the blocks read while an answer was computed are its proof. */
export class RecordingBlockstore implements Blockstore {
  readonly read = new Map<string, { cid: Cid; bytes: Uint8Array }>()

  constructor(private readonly source: Blockstore) {}

  get(cid: Cid, at?: NodePosition): Uint8Array | null {
    const bytes = this.source.get(cid, at)
    if (bytes) this.read.set(cid.toString(), { cid, bytes })
    return bytes
  }
}
