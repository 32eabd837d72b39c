import { closeSync, createReadStream, openSync } from 'node:fs'
import { CarParser, type Cid, RepoError } from '../../repo-engine/index.js'
import { BlockIndex } from '../repo/block-index.js'
import type { RepoSource } from './examine-repo.js'

/** Bytes read at a time. */
const CHUNK = 256 * 1024
/** A file of the operator's own is looked at whatever its size; only a single block has to fit in memory. */
const LIMITS = { maxBytes: Infinity, maxBlocks: Infinity }

/** The repository in a CAR file, read where it lies: memory holds a few words for each block only. */
export class CarRepo implements RepoSource {
  private constructor(
    private readonly index: BlockIndex,
    private readonly handle: number,
    readonly head: Cid,
    /** Bytes of the file, and of the different blocks in it. */
    readonly size: number,
    readonly blockBytes: number,
    /** Blocks that the file holds once more than needed. */
    readonly repeated: number,
  ) {}

  /** Reads the whole file once, checking each block's hash. @throws RepoError InvalidCar, LimitExceeded; Error of the file */
  static async open(path: string, onProgress: (bytes: number) => void): Promise<CarRepo> {
    const parser = new CarParser(LIMITS)
    const index = new BlockIndex()
    let size = 0
    let blocks = 0
    let blockBytes = 0
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
      for (const { cid, bytes, offset } of parser.push(chunk)) {
        blocks++
        const known = index.size
        index.add(cid, offset, bytes.length)
        if (index.size > known) blockBytes += bytes.length
      }
      onProgress((size += chunk.length))
    }
    parser.finish()
    const [head] = parser.roots!
    if (!head || parser.roots!.length > 1)
      throw new RepoError('InvalidCar', `a repository has one root; this CAR has ${parser.roots!.length}`)
    return new CarRepo(index, openSync(path, 'r'), head, size, blockBytes, blocks - index.size)
  }

  /** How many different blocks the file holds. */
  get blocks(): number {
    return this.index.size
  }

  get(cid: Cid): Uint8Array | null {
    return this.index.read(cid, this.handle)
  }

  /** Length of a block, null for one that is not there. */
  lengthOf(cid: Cid): number | null {
    return this.index.find(cid)?.length ?? null
  }

  close(): void {
    closeSync(this.handle)
  }
}
