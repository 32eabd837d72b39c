import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { type Blockstore, CarParser, type CarLimits, type Cid, RepoError } from '../../repo-engine/index.js'
import { BlockIndex } from './block-index.js'

/** Bytes parsed before other work gets its turn. */
const SLICE = 256 * 1024

/** A look at the root of a CAR, before anything else of it is taken. */
export interface FirstLook {
  look(block: Uint8Array, roots: readonly Cid[]): Promise<void>
  /** Bytes of the file that may come before it. */
  within: number
}

/**
 * A CAR from outside, kept in a file while it is looked at: however large it is and in whatever order its blocks come,
 * memory holds a few words for each block only.
 */
export class CarFile implements Blockstore {
  private constructor(
    private readonly index: BlockIndex,
    private readonly path: string,
    private readonly handle: number,
    readonly roots: readonly Cid[],
    /** Bytes of the file. */
    readonly size: number,
  ) {}

  /**
   * Reads the whole stream, checking each block's hash. The caller disposes of the file. `first` says what becomes of it as
   * soon as the block of its first root is here. @throws RepoError InvalidCar, LimitExceeded; whatever `first` throws
   */
  static async receive(
    directory: string,
    source: AsyncIterable<Uint8Array>,
    limits: Partial<CarLimits>,
    first: FirstLook = { look: async () => undefined, within: Infinity },
  ): Promise<CarFile> {
    mkdirSync(directory, { recursive: true })
    const path = join(directory, `${randomUUID()}.car`)
    const parser = new CarParser(limits)
    const index = new BlockIndex()
    let size = 0
    let isLookedAt = false
    let out: FileHandle | undefined
    try {
      out = await open(path, 'wx', 0o600)
      for await (const chunk of source) {
        for (let at = 0; at < chunk.length; at += SLICE) {
          const slice = chunk.subarray(at, at + SLICE)
          for (const { cid, bytes, offset } of parser.push(slice)) {
            index.add(cid, offset, bytes.length)
            if (isLookedAt || !cid.equals(parser.roots?.[0])) continue
            isLookedAt = true
            await first.look(bytes, parser.roots!)
          }
          await out.write(slice)
          size += slice.length
          if (!isLookedAt && size > first.within)
            throw new RepoError('LimitExceeded', `the first ${first.within} bytes of the CAR are not about its root`)
        }
      }
      parser.finish()
      await out.close()
      return new CarFile(index, path, openSync(path, 'r'), parser.roots!, size)
    } catch (error) {
      await out?.close().catch(() => undefined)
      rmSync(path, { force: true })
      throw error
    }
  }

  /** How many blocks the file holds. */
  get blocks(): number {
    return this.index.size
  }

  get(cid: Cid): Uint8Array | null {
    return this.index.read(cid, this.handle)
  }

  /** Closes and deletes the file. */
  dispose(): void {
    closeSync(this.handle)
    rmSync(this.path, { force: true })
  }
}
