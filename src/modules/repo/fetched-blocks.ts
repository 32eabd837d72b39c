import { type Blockstore, type Cid, MissingBlock, type NodePosition } from '../../repo-engine/index.js'
import type { Reader } from '../database/database.js'

/**
 * The engine reads blocks synchronously; a database may answer later. So the engine is run over the blocks that are
 * here, and whenever it stops for one that is not, that block is fetched by its place and the engine run again.
 * Trees keep the nodes they have read, so a block passes through here once.
 */
export class FetchedBlocks implements Blockstore {
  private readonly fetched = new Map<string, Buffer>()

  constructor(private readonly tree: number) {}

  get(cid: Cid, at?: NodePosition): Uint8Array | null {
    return at ? (this.fetched.get(placeOf(at)) ?? null) : null
  }

  /** Runs `fn`, which may read nodes of the tree and must not do anything else until it has them all. */
  async during<T>(read: Reader, fn: () => T): Promise<T> {
    try {
      for (;;) {
        try {
          return fn()
        } catch (error) {
          if (!(error instanceof MissingBlock) || !error.at) throw error
          await this.fetch(read, error, error.at)
        }
      }
    } finally {
      this.fetched.clear()
    }
  }

  private async fetch(read: Reader, missing: MissingBlock, at: NodePosition): Promise<void> {
    const row = await read.get<{ bytes: Buffer }>(
      'SELECT bytes FROM tree_node WHERE tree = ? AND after = ? AND depth = ?',
      this.tree,
      at.after,
      -at.layer,
    )
    if (!row || this.fetched.has(placeOf(at)))
      throw new Error(
        `tree ${this.tree} is broken: no node ${missing.cid.toString()} on layer ${at.layer} after "${at.after}"`,
      )
    this.fetched.set(placeOf(at), row.bytes)
  }
}

function placeOf({ after, layer }: NodePosition): string {
  return `${layer} ${after}`
}
