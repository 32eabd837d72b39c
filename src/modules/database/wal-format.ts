/**
 * SQLite's write-ahead log as bytes (https://sqlite.org/walformat.html). The log is a header of 32 bytes and frames: 24 bytes
 * and a page. Its index, in the file `-shm`, begins with a header that says how much of the log is committed.
 */
import { endianness } from 'node:os'

export const WAL_HEADER = 32
export const FRAME_HEADER = 24
/** What the index begins with: two copies of its header of 48 bytes, and how far the last checkpoint has come. */
export const INDEX_HEADER = 100

const IS_BIG = endianness() === 'BE'

export type Checksum = readonly [number, number]

/** What the index says of the log. */
export interface WalIndex {
  /** Committed frames. */
  frames: number
  /** How many of them are in the file. If it is all, the next write begins the log anew. */
  inFile: number
  /** Sum over everything up to the last of these frames. */
  checksum: Checksum
  /** Which life of the log it is: another one from the moment on at which it begins at its first frame again. */
  salt: string
}

/** Null while the index is not there yet. @throws Error for a log of another kind of machine */
export function readWalIndex(bytes: Buffer): WalIndex | null {
  const int = (at: number): number => (IS_BIG ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at))
  if (bytes[12] !== 1) return null
  if ((bytes[13] === 1) !== IS_BIG) throw new Error('the write-ahead log is of another kind of machine')
  return {
    frames: int(16),
    inFile: int(96),
    checksum: [int(24), int(28)],
    salt: bytes.toString('hex', 32, 40),
  }
}

/** How often a log was begun anew, from its header. */
export function walRestarts(header: Buffer): number {
  return header.readUInt32BE(12)
}

/**
 * Checks frames and gives them as records of a {@link PageBatch}, with the sum that the next frame goes on from.
 * @param frames whole frames, in memory of their own
 * @throws Error when they are not the frames that were written after those with the sum `before`
 */
export function readFrames(
  frames: Buffer,
  pageSize: number,
  salt: string,
  before: Checksum,
): { pages: Buffer; checksum: Checksum } {
  const length = FRAME_HEADER + pageSize
  const count = frames.length / length
  const words = new Uint32Array(frames.buffer, frames.byteOffset, frames.length / 4)
  const salts = Buffer.from(salt, 'hex')
  const pages = Buffer.allocUnsafe(count * (8 + pageSize))
  let [s1, s2] = before
  const sum = (from: number, to: number): void => {
    for (let i = from; i < to; i += 2) {
      s1 = (s1 + words[i]! + s2) >>> 0
      s2 = (s2 + words[i + 1]! + s1) >>> 0
    }
  }
  for (let n = 0; n < count; n++) {
    const at = n * length
    const word = at / 4
    sum(word, word + 2)
    sum(word + FRAME_HEADER / 4, word + length / 4)
    if (frames.compare(salts, 0, 8, at + 8, at + 16) !== 0) throw new Error('a frame of another life of the log')
    if (frames.readUInt32BE(at + 16) !== s1 || frames.readUInt32BE(at + 20) !== s2)
      throw new Error('a frame does not have its sum')
    const to = n * (8 + pageSize)
    frames.copy(pages, to, at, at + 8)
    frames.copy(pages, to + 8, at + FRAME_HEADER, at + length)
  }
  return { pages, checksum: [s1, s2] }
}
