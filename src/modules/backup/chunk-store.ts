import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import { BackupProblem, type BackupTarget } from './backup-target.js'
import { CHUNK_BYTES, chunkLength, type Chunked } from './manifest.js'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

const FOLDER = 'chunks/'
/** What zstd makes of bytes at worst is a little more than they were. */
const MAX_STORED = CHUNK_BYTES + 4096
/** Chunks that are on their way at once. */
export const AT_ONCE = 8
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Pieces of files by their SHA-256, each only once: `chunks/<two digits>/<all digits>`, compressed by zstd. */
export class ChunkStore {
  /** What is known to be there. */
  private known: Set<string> | null = null
  /** What was put there by this run, as it is stored. */
  stored = { chunks: 0, bytes: 0 }

  constructor(private readonly target: BackupTarget) {}

  /** Looks at what is there, so that it is not put there again. */
  async look(): Promise<void> {
    const known = new Set<string>()
    for await (const { name } of this.target.list(FOLDER)) known.add(name.slice(-64))
    this.known = known
  }

  /** Keeps some bytes, {@link CHUNK_BYTES} at most, and gives their name. */
  async put(bytes: Uint8Array): Promise<string> {
    const digest = hash('sha256', bytes, 'hex')
    if (this.known?.has(digest)) return digest
    const packed = await compress(bytes, LEVEL)
    await this.target.put(chunkName(digest), packed)
    this.known?.add(digest)
    this.stored.chunks++
    this.stored.bytes += packed.length
    return digest
  }

  /** Keeps the bytes that `read` gives for each place of a file. `onDone` is told how many. */
  async putAll(
    bytes: number,
    read: (at: number, length: number) => Promise<Uint8Array>,
    onDone: (bytes: number) => void = () => undefined,
  ): Promise<Chunked> {
    const chunks: string[] = Array(Math.ceil(bytes / CHUNK_BYTES)).fill('') as string[]
    const chunked = { bytes, chunks }
    await inParallel(chunks.length, async (n) => {
      const length = chunkLength(chunked, n)
      chunks[n] = await this.put(await read(n * CHUNK_BYTES, length))
      onDone(length)
    })
    return chunked
  }

  /** @throws BackupProblem when it is missing, or not what its name says */
  async get(digest: string): Promise<Buffer> {
    const name = chunkName(digest)
    const packed = await this.target.get(name, MAX_STORED)
    if (!packed) throw new BackupProblem(`${name} is missing`)
    let bytes: Buffer
    try {
      bytes = await decompress(packed, { maxOutputLength: CHUNK_BYTES })
    } catch {
      throw new BackupProblem(`${name} is damaged: it cannot be unpacked`)
    }
    if (hash('sha256', bytes, 'hex') !== digest)
      throw new BackupProblem(`${name} is damaged: its bytes are not those of its name`)
    return bytes
  }

  /** The bytes of a file, in order, piece by piece. @throws BackupProblem as {@link get} */
  async *read(file: Chunked): AsyncGenerator<Buffer> {
    for (const [n, digest] of file.chunks.entries()) {
      const bytes = await this.get(digest)
      if (bytes.length !== chunkLength(file, n))
        throw new BackupProblem(`${chunkName(digest)} is not as long as the manifest says`)
      yield bytes
    }
  }
}

export function chunkName(digest: string): string {
  return `${FOLDER}${digest.slice(0, 2)}/${digest}`
}

/** Does something for each of so many, {@link AT_ONCE} at a time; ends with the first error, when all have ended. */
export async function inParallel(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let [next, failed] = [0, false]
  const worker = async (): Promise<void> => {
    while (next < count && !failed)
      try {
        await work(next++)
      } catch (error) {
        failed = true
        throw error
      }
  }
  const done = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker))
  for (const one of done) if (one.status === 'rejected') throw one.reason
}
