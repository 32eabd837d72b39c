/**
 * How the CAR that was unpacked differs from the one that would be made of the same repository: `blocks.txt` and
 * `beyond-<n>.car`, which are there only where it does.
 *
 * What is made without them is the streamable order: the commit, then the tree in pre-order with each record where its
 * key stands. These are numbered from 0, and after them the blocks that the head does not lead to (older commits and
 * what was theirs), which `beyond-1.car`, `beyond-2.car` … hold as CARs without a root. `blocks.txt` gives the numbers
 * in the order of the CAR, a line for each run of them, upwards or downwards:
 *
 *   header a265726f6f7473…    the CAR's header, where it says more than the root
 *   0
 *   5329-5326
 *   12-12
 */
import { CAR_LIMITS, type CarBlock, decodeCar, encodeCarHeader, encodeCarSection } from '../car.js'
import type { Cid } from '../cid.js'
import { RepoError } from '../errors.js'
import { type CidKeys, cidKey, joined, linesOf } from './index-file.js'
import { areEqual, type UnpackedFile } from './record-file.js'

export const BLOCKS_NAME = 'blocks.txt'
const BEYOND = /^beyond-(\d+)\.car$/
/** Bytes of one file of blocks beyond the head; one block more may be in it. */
const BEYOND_BYTES = 8 << 20
/** How often a CAR may hold its blocks, on average: a few lines of numbers could say an endless CAR. */
const MAX_REPEATS = 4

/** Which file of blocks beyond the head a name is, from 1; null for another name. */
export function numberOfBeyond(name: string): number | null {
  const number = BEYOND.exec(name)?.[1]
  return number === undefined ? null : Number(number)
}

/** Takes a repository in streamable order, then its CAR, and gives the files that tell the one from the other. */
export class CarLayout {
  /** Number of each block by its CID; where one stands several times, the first. */
  private readonly numbers = new Map<CidKeys, number>()
  /** The first number of the block with a number. */
  private readonly first: number[] = []
  private beyond = 0
  private pieces: Uint8Array[] = []
  private bytesOfPieces = 0
  private files = 0
  private taken = 0
  private lines: string[] = []
  private from = -1
  private to = -1

  /** The next block of the repository: the commit, a node, a record. */
  walk(cid: Cid): void {
    const key = cidKey(cid)
    const known = this.numbers.get(key)
    if (known === undefined) this.numbers.set(key, this.first.length)
    this.first.push(known ?? this.first.length)
  }

  /** The next block of the CAR, after all of the repository. */
  *take({ cid, bytes }: CarBlock): Generator<UnpackedFile> {
    this.taken++
    const key = cidKey(cid)
    let number = this.numbers.get(key)
    if (number === undefined) {
      number = this.first.length + this.beyond++
      this.numbers.set(key, number)
      this.pieces.push(encodeCarSection(cid, bytes))
      this.bytesOfPieces += bytes.length
      if (this.bytesOfPieces >= BEYOND_BYTES) yield this.beyondFile()
    }
    // A block that the repository names again is what comes next, if it is what should.
    const next = this.to + 1
    this.note(this.first[next] === number ? next : number)
  }

  /**
   * The files that are left; `header` is the header of the CAR without its length, `head` its root.
   * @throws RepoError LimitExceeded for a CAR that is mostly repetition, see {@link assertFewRepeats}
   */
  *finish(head: Cid, header: Uint8Array): Generator<UnpackedFile> {
    assertFewRepeats(this.taken, this.numbers.size)
    if (this.pieces.length > 0) yield this.beyondFile()
    const isUsual = areEqual(header, usualHeader(head))
    const isStreamable = this.lines.length === 0 && this.from === 0 && this.to === this.first.length - 1
    if (isUsual && isStreamable && this.beyond === 0) return
    this.endRun()
    if (!isUsual) this.lines.unshift(`header ${toHex(header)}`)
    yield { path: BLOCKS_NAME, bytes: new TextEncoder().encode(this.lines.map((line) => `${line}\n`).join('')) }
  }

  private note(number: number): void {
    const { from, to } = this
    const step = to === from ? Math.abs(number - to) : (number - to) * Math.sign(to - from)
    if (from >= 0 && step === 1) {
      this.to = number
      return
    }
    this.endRun()
    this.from = number
    this.to = number
  }

  private endRun(): void {
    if (this.from >= 0) this.lines.push(this.from === this.to ? `${this.from}` : `${this.from}-${this.to}`)
  }

  private beyondFile(): UnpackedFile {
    const bytes = joined([encodeCarHeader([]), ...this.pieces])
    this.pieces = []
    this.bytesOfPieces = 0
    return { path: `beyond-${++this.files}.car`, bytes }
  }
}

/** @throws RepoError LimitExceeded when a CAR holds its different blocks many times over: it could not be packed again */
export function assertFewRepeats(blocks: number, different: number): void {
  if (blocks > MAX_REPEATS * different) throw new RepoError('LimitExceeded', 'the CAR holds its blocks again and again')
}

/** What `blocks.txt` says. */
export interface ReadLayout {
  /** Of the CAR, without its length; null: the usual one. */
  readonly header: Uint8Array | null
  /** The first and the last number of each run, one run after another. */
  readonly runs: readonly number[]
}

/** @throws RepoError InvalidData */
export function parseLayout(bytes: Uint8Array): ReadLayout {
  let header: Uint8Array | null = null
  const runs: number[] = []
  let number = 0
  for (const [first, rest] of linesOf(bytes)) {
    number++
    const isHeader = number === 1 && first === 'header' && /^(?:[0-9a-f]{2}){1,16384}$/.test(rest)
    const [, from, to = from] = (rest === '' && /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(first)) || []
    if (isHeader) header = fromHex(rest)
    else if (from !== undefined) runs.push(Number(from), Number(to))
    else throw new RepoError('InvalidData', `${BLOCKS_NAME}, line ${number}: not a number, and not two with - between`)
  }
  return { header, runs }
}

/**
 * The numbers in the order of the CAR. `count` are all blocks; `first` gives, for each that is of the repository, the
 * first number that has the same block.
 * @throws RepoError InvalidData, LimitExceeded when a CAR of this order would not hold the repository, or be endless
 */
export function* orderOf({ runs }: ReadLayout, count: number, first: readonly number[]): Generator<number> {
  const met = new Uint8Array(first.length)
  let taken = 0
  for (let run = 0; run < runs.length; run += 2) {
    const from = runs[run]!
    const to = runs[run + 1]!
    const highest = Math.max(from, to)
    if (highest >= count) throw new RepoError('InvalidData', `${BLOCKS_NAME} names a block ${highest} of ${count}`)
    const step = from <= to ? 1 : -1
    for (let n = from; n !== to + step; n += step) {
      if (++taken > MAX_REPEATS * count)
        throw new RepoError('LimitExceeded', `${BLOCKS_NAME} names its blocks again and again`)
      if (n < first.length) met[first[n]!] = 1
      yield n
    }
  }
  const missing = first.findIndex((n) => !met[n])
  if (missing >= 0) throw new RepoError('InvalidData', `${BLOCKS_NAME} leaves out block ${missing}`)
}

/** The blocks of one of the files beyond the head. @throws RepoError InvalidCar, LimitExceeded */
export function readBeyond({ path, bytes }: UnpackedFile): CarBlock[] {
  try {
    return decodeCar(bytes, { maxBytes: BEYOND_BYTES * 2 + CAR_LIMITS.maxBlockBytes }).blocks
  } catch (error) {
    if (!(error instanceof RepoError)) throw error
    throw new RepoError(error.code, `${path}: ${error.message}`)
  }
}

/** The header of a CAR of one root, without its length. */
export function usualHeader(head: Cid): Uint8Array {
  // It is shorter than 128 bytes, so its length is one.
  return encodeCarHeader([head]).subarray(1)
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g)!, (pair) => parseInt(pair, 16))
}
