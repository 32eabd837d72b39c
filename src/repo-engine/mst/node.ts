/**
 * One node of the Merkle Search Tree on the wire, and the rules for its keys
 * (https://atproto.com/specs/repository#mst-structure). Nodes have a fixed shape, so the codec is written
 * out by hand: it is several times faster than a general one and cannot read anything but a node.
 *
 *   A2 61'e' [entries] 61'l' link?
 *   entry: A4 61'k' bytes  61'p' uint  61't' link?  61'v' link
 *   link:  D8 2A 58 25 00 <36 bytes of CID>      link?: link or F6 (null)
 *
 * `p` counts the bytes that a key shares with the key before it in the node, `k` holds the rest, `l` is the
 * subtree left of the first key, `t` the one right of its key, `v` the record.
 */
import { hash } from 'node:crypto'
import { CID_LENGTH, Cid, CODEC_DAG_CBOR, CODEC_RAW } from '../cid.js'
import { RepoError } from '../errors.js'

/** Longest key (`collection/rkey`) in bytes. */
export const MAX_KEY_LENGTH = 1024
/** A CID on the wire, with its tag, the head of its bytes, and the zero before them. */
const LINK_LENGTH = 5 + CID_LENGTH
const KEY = /^[A-Za-z0-9_~.:-]+\/[A-Za-z0-9_~.:-]+$/

/** The content of a node. `links[i]` is the subtree left of `keys[i]`; there is one link more than keys. */
export interface NodeData {
  readonly keys: readonly string[]
  readonly values: readonly Cid[]
  readonly links: readonly (Cid | null)[]
}

/** A node read from its bytes, with the layer its keys stand on; -1 when it has no keys to tell. */
export interface DecodedNode extends NodeData {
  readonly layer: number
}

/** True for `collection/rkey` over the ASCII set of record keys; NSID and rkey syntax are not judged here. */
export function isMstKey(text: string): boolean {
  return text.length <= MAX_KEY_LENGTH && KEY.test(text)
}

/** The layer a key stands on: leading zero bits of its SHA-256, in pairs. 0 is the bottom. */
export function layerOf(key: string): number {
  const digest = hash('sha256', key, 'hex')
  let layer = 0
  for (let i = 0; i < digest.length; i++) {
    const digit = digest.charCodeAt(i)
    // One hex digit is two pairs of bits: '0' has both zero, '1' to '3' only the first.
    if (digit !== 0x30) return digit < 0x34 ? layer + 1 : layer
    layer += 2
  }
  return layer
}

/** Length of the longest common prefix. */
export function commonPrefix(left: string, right: string): number {
  const end = Math.min(left.length, right.length)
  let i = 0
  while (i < end && left.charCodeAt(i) === right.charCodeAt(i)) i++
  return i
}

/** Index of the first key that is not less than `key`; the length when there is none. */
export function bisect(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle] < key) low = middle + 1
    else high = middle
  }
  return low
}

/** Canonical bytes of a node. The content is taken as valid: ascending MST keys of one layer. */
export function encodeNode(node: NodeData): Uint8Array {
  return Buffer.from(writeNode(node))
}

// Bytes are put together here.
let scratch: Buffer = Buffer.allocUnsafeSlow(64 * 1024)
/** Most bytes that one entry may need, with what comes before the first or after the last. */
const ENTRY_ROOM = MAX_KEY_LENGTH + 256

/** As {@link encodeNode}, into memory that the next call uses again. */
export function writeNode({ keys, values, links }: NodeData): Buffer {
  let out = scratch
  out[0] = 0xa2
  out[1] = 0x61
  out[2] = 0x65 // e
  let at = writeHead(out, 3, 0x80, keys.length)
  let before = ''
  for (let i = 0; i < keys.length; i++) {
    if (at + ENTRY_ROOM > out.length) out = growScratch()
    const key = keys[i]
    const shared = commonPrefix(before, key)
    out[at] = 0xa4
    out[at + 1] = 0x61
    out[at + 2] = 0x6b // k
    at = writeHead(out, at + 3, 0x40, key.length - shared)
    for (let j = shared; j < key.length; j++) out[at++] = key.charCodeAt(j)
    out[at] = 0x61
    out[at + 1] = 0x70 // p
    at = writeHead(out, at + 2, 0, shared)
    out[at] = 0x61
    out[at + 1] = 0x74 // t
    at = writeLink(out, at + 2, links[i + 1])
    out[at] = 0x61
    out[at + 1] = 0x76 // v
    at = writeLink(out, at + 2, values[i])
    before = key
  }
  out[at] = 0x61
  out[at + 1] = 0x6c // l
  at = writeLink(out, at + 2, links[0])
  return out.subarray(0, at)
}

function growScratch(): Buffer {
  const larger = Buffer.allocUnsafeSlow(scratch.length * 2)
  larger.set(scratch)
  return (scratch = larger)
}

/**
 * The bytes of a node, given as Latin-1, with another CID at `links[index]`, where there must be one already.
 * It is what most edits do to most nodes, and cheaper than to encode them again. Like {@link writeNode}, in
 * memory that the next call uses again.
 */
export function rewriteLink(text: string, index: number, cid: Cid): Buffer {
  while (scratch.length < text.length) growScratch()
  const end = scratch.write(text, 0, 'latin1')
  // The left-most link comes last in a node; the others have to be found, by going over the entries.
  let at = end - CID_LENGTH
  if (index > 0) {
    at = skipHead(3)
    for (let i = 1; ; i++) {
      const length = at + 3
      at = skipHead(length) + headValue(length)
      at = skipHead(at + 2) + 2
      if (i === index) break
      at += (scratch[at] === 0xf6 ? 1 : LINK_LENGTH) + 2 + LINK_LENGTH
    }
    at += LINK_LENGTH - CID_LENGTH
  }
  scratch.set(cid.bytes, at)
  return scratch.subarray(0, end)
}

/** Where the head at `at` ends. */
function skipHead(at: number): number {
  const info = scratch[at] & 0x1f
  return at + (info < 24 ? 1 : info === 24 ? 2 : info === 25 ? 3 : 5)
}

/** The length that the head at `at` tells, which is that of a key. */
function headValue(at: number): number {
  const info = scratch[at] & 0x1f
  return info < 24 ? info : info === 24 ? scratch[at + 1] : scratch.readUInt16BE(at + 1)
}

function writeHead(out: Buffer, at: number, major: number, value: number): number {
  if (value < 24) {
    out[at] = major | value
    return at + 1
  }
  if (value < 0x100) {
    out[at] = major | 24
    out[at + 1] = value
    return at + 2
  }
  if (value < 0x10000) {
    out[at] = major | 25
    return out.writeUInt16BE(value, at + 1)
  }
  out[at] = major | 26
  return out.writeUInt32BE(value, at + 1)
}

function writeLink(out: Buffer, at: number, cid: Cid | null): number {
  if (cid === null) {
    out[at] = 0xf6
    return at + 1
  }
  out[at] = 0xd8
  out[at + 1] = 0x2a
  out[at + 2] = 0x58
  out[at + 3] = 0x25
  out[at + 4] = 0
  out.set(cid.bytes, at + 5)
  return at + LINK_LENGTH
}

/**
 * Reads a node, strictly: the canonical bytes of a well-formed node or nothing. Checked here is all that a
 * node shows by itself: encoding, valid and ascending keys, maximal prefix compression, one layer. CIDs are
 * views on `bytes`, which must not change afterwards. @throws RepoError InvalidMst.
 */
export function decodeNode(bytes: Uint8Array): DecodedNode {
  const reader = new NodeReader(bytes)
  const keys: string[] = []
  const values: Cid[] = []
  const links: (Cid | null)[] = [null]
  let layer = -1
  reader.expect(0xa2)
  reader.expectName(0x65) // e
  const count = reader.head(0x80)
  for (let i = 0; i < count; i++) {
    const key = reader.key()
    const keyLayer = layerOf(key)
    if (i === 0) layer = keyLayer
    else if (keyLayer !== layer) throw invalid('keys of different layers in one node')
    keys.push(key)
    reader.expectName(0x74) // t
    links.push(reader.linkOrNull())
    reader.expectName(0x76) // v
    values.push(reader.link(false))
  }
  reader.expectName(0x6c) // l
  links[0] = reader.linkOrNull()
  reader.end()
  return { keys, values, links, layer }
}

// The bytes of the key last read, which the next one is spelled against.
const keyBytes = Buffer.allocUnsafeSlow(MAX_KEY_LENGTH)

class NodeReader {
  private at = 0
  private keyLength = 0

  constructor(private readonly bytes: Uint8Array) {}

  expect(byte: number): void {
    if (this.bytes[this.at++] !== byte) throw invalid('not a node in canonical DAG-CBOR')
  }

  /** A map key of one letter. */
  expectName(letter: number): void {
    this.expect(0x61)
    this.expect(letter)
  }

  /** A length or number in its shortest form. */
  head(major: number): number {
    const { bytes } = this
    const first = bytes[this.at++]
    if (first === undefined || (first & 0xe0) !== major) throw invalid('not a node in canonical DAG-CBOR')
    const info = first & 0x1f
    if (info < 24) return info
    const width = info === 24 ? 1 : info === 25 ? 2 : info === 26 ? 4 : 0
    if (width === 0 || this.at + width > bytes.length) throw invalid('not a node in canonical DAG-CBOR')
    let value = 0
    for (let i = 0; i < width; i++) value = value * 256 + bytes[this.at++]
    const least = width === 1 ? 24 : width === 2 ? 0x100 : 0x10000
    if (value < least) throw invalid('a length is not in its shortest form')
    return value
  }

  /** The fields `k` and `p`, which make a key together with the key before. */
  key(): string {
    const { bytes } = this
    this.expect(0xa4)
    this.expectName(0x6b) // k
    const length = this.head(0x40)
    const from = this.at
    this.at += length
    if (this.at > bytes.length) throw invalid('a node ends within a key')
    this.expectName(0x70) // p
    const shared = this.head(0)
    if (shared > this.keyLength) throw invalid('a key shares more than the key before it has')
    if (shared + length > MAX_KEY_LENGTH) throw invalid('a key is too long')
    // The first byte that differs must be larger: that is the order of keys, and also says that no more
    // bytes could have been shared.
    if (length === 0 || (shared < this.keyLength && bytes[from] <= keyBytes[shared]))
      throw invalid('keys are not ascending, or not compressed against the key before')
    for (let i = 0; i < length; i++) keyBytes[shared + i] = bytes[from + i]
    this.keyLength = shared + length
    const key = keyBytes.toString('latin1', 0, this.keyLength)
    if (!isMstKey(key)) throw invalid('not a collection/rkey key')
    return key
  }

  linkOrNull(): Cid | null {
    if (this.bytes[this.at] !== 0xf6) return this.link(true)
    this.at++
    return null
  }

  /** A CID; that of a node is always one of DAG-CBOR. */
  link(toNode: boolean): Cid {
    this.expect(0xd8)
    this.expect(0x2a)
    this.expect(0x58)
    this.expect(0x25)
    this.expect(0)
    const { bytes, at } = this
    this.at += CID_LENGTH
    const codec = bytes[at + 1]
    if (
      this.at > bytes.length ||
      bytes[at] !== 1 ||
      (codec !== CODEC_DAG_CBOR && (toNode || codec !== CODEC_RAW)) ||
      bytes[at + 2] !== 0x12 ||
      bytes[at + 3] !== 0x20
    )
      throw invalid('a link is not a CID of this kind')
    return Cid.fromBytes(bytes.subarray(at, this.at))
  }

  end(): void {
    if (this.at !== this.bytes.length) throw invalid('bytes after the end of a node')
  }
}

function invalid(message: string): RepoError {
  return new RepoError('InvalidMst', message)
}
