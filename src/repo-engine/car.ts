/**
 * CAR version 1, the file form of a set of blocks (https://atproto.com/specs/repository#car-file-serialization,
 * https://ipld.io/specs/transport/car/carv1/).
 *
 * Byte layout: varint length | header, DAG-CBOR {"roots": [links], "version": 1}
 *              then sections: varint length | 36 bytes of CID | block
 * where a length counts everything of its part that follows it.
 *
 * Reading checks every block against its CID. A CAR may hold the same block twice (real exports do); each
 * is checked, counted and handed out as often as it stands there. Which roots there must be, whether all
 * blocks are present or reachable, and what the blocks hold is for verify-repo.ts and verify-diff.ts to say.
 */
import { CborWriter, decodeCbor } from './cbor.js'
import { Cid, CID_LENGTH } from './cid.js'
import { RepoError } from './errors.js'
import { readVarint, varintLength, writeVarint, MAX_VARINT_LENGTH } from './varint.js'

export interface CarBlock {
  readonly cid: Cid
  readonly bytes: Uint8Array
}

/** A block as it was found: `offset` is where its bytes (after the CID) start in the file. */
export interface CarEntry extends CarBlock {
  readonly offset: number
}

export interface CarLimits {
  /** Whole file. */
  readonly maxBytes: number
  readonly maxBlocks: number
  /** One block, without its CID. */
  readonly maxBlockBytes: number
  readonly maxHeaderBytes: number
}

export const CAR_LIMITS: CarLimits = {
  maxBytes: 1 << 30,
  maxBlocks: 5_000_000,
  maxBlockBytes: 2 << 20,
  maxHeaderBytes: 16 << 10,
}

/** The header with its length prefix. */
export function encodeCarHeader(roots: readonly Cid[]): Buffer {
  const writer = new CborWriter()
  writer.map(2)
  writer.text('roots')
  writer.array(roots.length)
  for (const root of roots) writer.cid(root)
  writer.text('version')
  writer.uint(1)
  const header = writer.finish()
  const out = Buffer.allocUnsafe(varintLength(header.length) + header.length)
  out.set(header, writeVarint(out, 0, header.length))
  return out
}

/** What stands before a block of the given length: length prefix and CID. A section is this, then the block. */
export function carSectionHead(cid: Cid, blockLength: number): Buffer {
  const length = CID_LENGTH + blockLength
  const head = Buffer.allocUnsafe(varintLength(length) + CID_LENGTH)
  head.set(cid.bytes, writeVarint(head, 0, length))
  return head
}

/** One whole section. Copies the block; a stream writes {@link carSectionHead} and the block instead. */
export function encodeCarSection(cid: Cid, bytes: Uint8Array): Buffer {
  const head = carSectionHead(cid, bytes.length)
  return Buffer.concat([head, bytes], head.length + bytes.length)
}

/** A whole CAR with one root, in one allocation. */
export function encodeCar(root: Cid, blocks: Iterable<CarBlock>): Buffer {
  const list = Array.isArray(blocks) ? (blocks as CarBlock[]) : [...blocks]
  const header = encodeCarHeader([root])
  let size = header.length
  for (const { bytes } of list) size += varintLength(CID_LENGTH + bytes.length) + CID_LENGTH + bytes.length
  const out = Buffer.allocUnsafe(size)
  out.set(header, 0)
  let at = header.length
  for (const { cid, bytes } of list) {
    at = writeVarint(out, at, CID_LENGTH + bytes.length)
    out.set(cid.bytes, at)
    out.set(bytes, at + CID_LENGTH)
    at += CID_LENGTH + bytes.length
  }
  return out
}

/**
 * Reads a CAR that arrives in pieces of any size. `push` gives the blocks that became complete, `finish`
 * checks that the file did not end inside a part. After an error the parser is of no more use.
 */
export class CarParser {
  /** The header's roots; null until the header is complete. */
  roots: Cid[] | null = null
  /** The header's bytes, without its length; null until they are complete. */
  header: Uint8Array | null = null
  private readonly limits: CarLimits
  /** Bytes received, blocks handed out, and where in the file the next unread byte stands. */
  private received = 0
  private blocks = 0
  private offset = 0
  /** A length prefix that a chunk's end has cut. */
  private readonly prefix = Buffer.alloc(MAX_VARINT_LENGTH)
  private prefixLength = 0
  /** Length of the part being read, 0 between parts; its first `filled` bytes are in `part`. */
  private length = 0
  private part: Buffer | null = null
  private filled = 0

  constructor(limits: Partial<CarLimits> = {}) {
    this.limits = { ...CAR_LIMITS, ...limits }
  }

  /**
   * Takes the next bytes of the file. With `owned` the caller promises never to write to the chunk again,
   * and blocks may be views on it; otherwise they are copies.
   * @throws RepoError InvalidCar, LimitExceeded
   */
  push(chunk: Uint8Array, owned = false): CarEntry[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    this.received += bytes.length
    if (this.received > this.limits.maxBytes)
      throw new RepoError('LimitExceeded', `CAR of more than ${this.limits.maxBytes} bytes`)
    const out: CarEntry[] = []
    for (let at = 0; at < bytes.length;) {
      if (this.length === 0) {
        const used = this.readLength(bytes, at)
        at += used
        this.offset += used
        continue
      }
      const taken = Math.min(this.length - this.filled, bytes.length - at)
      const whole = taken === this.length
      if (whole && owned) this.part = bytes.subarray(at, at + taken)
      else {
        this.part ??= Buffer.allocUnsafe(this.length)
        bytes.copy(this.part, this.filled, at, at + taken)
      }
      this.filled += taken
      at += taken
      if (this.filled === this.length) this.endPart(this.part, out)
    }
    return out
  }

  /** The file has ended. @throws RepoError InvalidCar when it ended early. */
  finish(): void {
    if (this.prefixLength > 0 || this.length > 0)
      throw new RepoError('InvalidCar', `CAR is cut off after ${this.received} bytes`)
    if (!this.roots) throw new RepoError('InvalidCar', 'CAR without a header')
  }

  /** Reads a length prefix, or as much of it as there is, and gives the bytes used. */
  private readLength(bytes: Buffer, at: number): number {
    let used = 0
    let value: number | null = null
    if (this.prefixLength === 0) {
      value = readVarint(bytes, at)
      if (value !== null) used = varintLength(value)
    }
    while (value === null && at + used < bytes.length) {
      this.prefix[this.prefixLength++] = bytes[at + used++]!
      value = readVarint(this.prefix.subarray(0, this.prefixLength), 0)
    }
    if (value !== null) {
      this.prefixLength = 0
      this.startPart(value)
    }
    return used
  }

  private startPart(length: number): void {
    const { maxHeaderBytes, maxBlockBytes, maxBlocks } = this.limits
    if (!this.roots) {
      if (length === 0) throw new RepoError('InvalidCar', 'CAR header of zero bytes')
      if (length > maxHeaderBytes) throw new RepoError('LimitExceeded', `CAR header of ${length} bytes`)
    } else {
      if (length < CID_LENGTH) throw this.invalid(`section of ${length} bytes is too short for a CID`)
      if (length - CID_LENGTH > maxBlockBytes)
        throw new RepoError('LimitExceeded', `CAR block of ${length - CID_LENGTH} bytes`)
      if (this.blocks === maxBlocks) throw new RepoError('LimitExceeded', `CAR of more than ${maxBlocks} blocks`)
    }
    this.length = length
  }

  private endPart(part: Buffer, out: CarEntry[]): void {
    if (!this.roots) {
      this.roots = decodeHeader(part)
      this.header = part
    } else {
      const cid = this.cidOf(part.subarray(0, CID_LENGTH))
      const bytes = part.subarray(CID_LENGTH)
      if (!cid.matches(bytes)) throw this.invalid(`block does not hash to its CID ${cid.toString()}`)
      out.push({ cid, bytes, offset: this.offset + CID_LENGTH })
      this.blocks++
    }
    this.offset += this.length
    this.length = 0
    this.filled = 0
    this.part = null
  }

  private cidOf(bytes: Buffer): Cid {
    try {
      return Cid.fromBytes(bytes)
    } catch (error) {
      throw this.invalid((error as RepoError).message)
    }
  }

  private invalid(message: string): RepoError {
    return new RepoError('InvalidCar', `block ${this.blocks} at byte ${this.offset}: ${message}`)
  }
}

function decodeHeader(bytes: Buffer): Cid[] {
  let header: unknown
  try {
    header = decodeCbor(bytes)
  } catch (error) {
    throw new RepoError('InvalidCar', `CAR header: ${(error as RepoError).message}`)
  }
  const { roots, version } = (header ?? {}) as { roots?: unknown; version?: unknown }
  if (version !== 1)
    throw new RepoError(
      'InvalidCar',
      `CAR version must be 1, not ${typeof version === 'number' ? version : typeof version}`,
    )
  if (!Array.isArray(roots) || !roots.every((root) => root instanceof Cid))
    throw new RepoError('InvalidCar', 'CAR header without a list of roots')
  return roots as Cid[]
}

/**
 * Reads a whole CAR from memory. The blocks are views on `bytes`.
 * @throws RepoError InvalidCar, LimitExceeded
 */
export function decodeCar(bytes: Uint8Array, limits?: Partial<CarLimits>): { roots: Cid[]; blocks: CarEntry[] } {
  const parser = new CarParser(limits)
  const blocks = parser.push(bytes, true)
  parser.finish()
  return { roots: parser.roots!, blocks }
}

/**
 * The blocks of a whole CAR that was made here, one after another and without a check of their hashes. They are views on
 * `bytes`. @throws RepoError InvalidCar where the file ends inside a section
 */
export function* carBlocks(bytes: Uint8Array): Generator<CarBlock> {
  for (let at = 0, part = 0; at < bytes.length; part++) {
    const length = readVarint(bytes, at)
    const start = at + varintLength(length ?? 0)
    at = start + (length ?? 0)
    if (length === null || at > bytes.length) throw new RepoError('InvalidCar', 'CAR is cut off')
    // The first part is the header.
    if (part === 0) continue
    const end = start + CID_LENGTH
    yield { cid: Cid.fromBytes(bytes.subarray(start, end)), bytes: bytes.subarray(end, at) }
  }
}

/**
 * Reads a CAR from a stream: resolves with the roots when the header is in, then hands out blocks as they
 * are asked for, taking no more from the source than that needs. Chunks are copied, so the source may reuse
 * them. The source is closed when `blocks` ends, fails or is returned from; who never iterates `blocks`
 * closes the source himself. @throws RepoError InvalidCar, LimitExceeded (from either part)
 */
export async function readCar(
  source: AsyncIterable<Uint8Array>,
  limits?: Partial<CarLimits>,
): Promise<{ roots: Cid[]; blocks: AsyncGenerator<CarEntry, void, void> }> {
  const parser = new CarParser(limits)
  const chunks = source[Symbol.asyncIterator]()
  let first: CarEntry[] = []
  try {
    while (!parser.roots) {
      const next = await chunks.next()
      if (next.done) {
        parser.finish()
        break
      }
      first = parser.push(next.value)
    }
  } catch (error) {
    await chunks.return?.()
    throw error
  }
  return { roots: parser.roots!, blocks: readBlocks(parser, chunks, first) }
}

async function* readBlocks(
  parser: CarParser,
  chunks: AsyncIterator<Uint8Array>,
  first: CarEntry[],
): AsyncGenerator<CarEntry, void, void> {
  try {
    for (const block of first) yield block
    for (let next = await chunks.next(); !next.done; next = await chunks.next())
      for (const block of parser.push(next.value)) yield block
    parser.finish()
  } finally {
    await chunks.return?.()
  }
}
