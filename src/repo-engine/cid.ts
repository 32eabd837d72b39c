/**
 * Content identifiers as atproto uses them: CIDv1, dag-cbor or raw, SHA-256. Kept as their 36 bytes;
 * the base32 text is made when someone asks for it (https://atproto.com/specs/data-model#link-and-cid-formats).
 *
 * Byte layout: 0x01 version | codec | 0x12 sha2-256 | 0x20 length | 32 bytes of digest.
 */
import { hash } from 'node:crypto'
import { RepoError } from './errors.js'

export const CODEC_DAG_CBOR = 0x71
export const CODEC_RAW = 0x55
/** Length of every CID this engine handles, in bytes. */
export const CID_LENGTH = 36
const DIGEST_LENGTH = 32
const TEXT_LENGTH = 59
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const DIGIT = new Uint8Array(128).fill(255)
for (let i = 0; i < ALPHABET.length; i++) DIGIT[ALPHABET.charCodeAt(i)] = i

/** Unpadded lower-case RFC 4648 base32, without the multibase prefix. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (let i = 0; i < bytes.length; i++) {
    held = ((held & 0x1f) << 8) | bytes[i]!
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(held >> bits) & 31]
    }
  }
  if (bits > 0) text += ALPHABET[(held << (5 - bits)) & 31]
  return text
}

/** Inverse of {@link encodeBase32}; null when the text is not canonical base32. */
export function decodeBase32(text: string): Uint8Array | null {
  const out = new Uint8Array((text.length * 5) >> 3)
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const digit = code < 128 ? DIGIT[code]! : 255
    if (digit === 255) return null
    held = ((held << 5) | digit) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      out[at++] = (held >> bits) & 255
    }
  }
  // Left-over bits must be padding of zeros, and fewer than one digit.
  return bits < 5 && (held & ((1 << bits) - 1)) === 0 ? out : null
}

/**
 * One CID. Immutable; the bytes must not be changed by the holder. Looks like a multiformats CID to
 * `CID.asCID`, so libraries that speak that type accept it.
 */
export class Cid {
  private text: string | undefined

  private constructor(readonly bytes: Uint8Array) {}

  /**
   * Reads exactly 36 bytes. @throws RepoError InvalidCid for any other version, codec or hash.
   * The bytes are held, not copied.
   */
  static fromBytes(bytes: Uint8Array): Cid {
    if (
      bytes.length !== CID_LENGTH ||
      bytes[0] !== 1 ||
      (bytes[1] !== CODEC_DAG_CBOR && bytes[1] !== CODEC_RAW) ||
      bytes[2] !== 0x12 ||
      bytes[3] !== 0x20
    )
      throw new RepoError('InvalidCid', 'not a CIDv1 with codec dag-cbor or raw and a SHA-256 hash')
    return new Cid(bytes)
  }

  /** Parses the base32 text (`bafy…`, `bafk…`). @throws RepoError InvalidCid. */
  static parse(text: string): Cid {
    const bytes = text.length === TEXT_LENGTH && text[0] === 'b' ? decodeBase32(text.slice(1)) : null
    if (!bytes) throw new RepoError('InvalidCid', `not a base32 CIDv1: ${text.slice(0, 80)}`)
    const cid = Cid.fromBytes(bytes)
    cid.text = text
    return cid
  }

  /** CID of a DAG-CBOR block. */
  static ofCbor(block: Uint8Array): Cid {
    return Cid.of(CODEC_DAG_CBOR, block)
  }

  /** CID of raw bytes (a blob). */
  static ofRaw(bytes: Uint8Array): Cid {
    return Cid.of(CODEC_RAW, bytes)
  }

  /** CID of a block under the given codec. */
  static of(codec: number, block: Uint8Array): Cid {
    // Small arrays stay in the JavaScript heap, where a loop beats any native call; 'binary' spares a Buffer.
    const digest = hash('sha256', block, 'binary')
    const bytes = new Uint8Array(CID_LENGTH)
    bytes[0] = 1
    bytes[1] = codec
    bytes[2] = 0x12
    bytes[3] = 0x20
    for (let i = 0; i < DIGEST_LENGTH; i++) bytes[4 + i] = digest.charCodeAt(i)
    return new Cid(bytes)
  }

  get codec(): number {
    return this.bytes[1]!
  }

  get version(): 1 {
    return 1
  }

  get code(): number {
    return this.bytes[1]!
  }

  /** The multihash, in the shape that multiformats expects. */
  get multihash(): { code: number; size: number; digest: Uint8Array; bytes: Uint8Array } {
    return { code: 0x12, size: 32, digest: this.bytes.subarray(4), bytes: this.bytes.subarray(2) }
  }

  /** `CID.asCID` of multiformats recognises a CID by this: a slash key that holds its own bytes. */
  get '/'(): Uint8Array {
    return this.bytes
  }

  /** True when the block hashes to this CID. */
  matches(block: Uint8Array): boolean {
    const digest = hash('sha256', block, 'binary')
    for (let i = 0; i < DIGEST_LENGTH; i++) if (digest.charCodeAt(i) !== this.bytes[4 + i]) return false
    return true
  }

  equals(other: Cid | null | undefined): boolean {
    if (other == null) return false
    if (other === this) return true
    for (let i = CID_LENGTH - 1; i > 0; i--) if (this.bytes[i] !== other.bytes[i]) return false
    return true
  }

  toString(): string {
    return (this.text ??= 'b' + encodeBase32(this.bytes))
  }

  /** The JSON form of a link in the atproto data model. */
  toJSON(): { $link: string } {
    return { $link: this.toString() }
  }
}
