/**
 * The engine's keys (src/repo-engine/keys.ts) for the browser: the same names, checks and errors, in JavaScript, for
 * those who verify. Nothing signs here, since no key of an account ever comes to a browser.
 */
import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { base58btc } from 'multiformats/bases/base58'
import { RepoError } from '../../../src/repo-engine/errors.js'

export type Curve = 'k256' | 'p256'

interface CurveFacts {
  readonly ecdsa: typeof p256
  /** Varint of the multicodec (`secp256k1-pub`, `p256-pub`). */
  readonly codec: readonly [number, number]
  /** Type name of the verification method that came before Multikey. */
  readonly legacyType: string
}

const CURVES: Record<Curve, CurveFacts> = {
  k256: { ecdsa: secp256k1, codec: [0xe7, 0x01], legacyType: 'EcdsaSecp256k1VerificationKey2019' },
  p256: { ecdsa: p256, codec: [0x80, 0x24], legacyType: 'EcdsaSecp256r1VerificationKey2019' },
}
const NAMES = ['k256', 'p256'] as const

const DID_KEY = 'did:key:'
/** Longer than any key text in use; base58 takes time quadratic to its length. */
const MULTIBASE_LENGTH = 128

/** A point on a curve, checked to be one. */
export class PublicKey {
  private constructor(
    readonly curve: Curve,
    /** 33 bytes. */
    readonly compressed: Uint8Array,
  ) {}

  /** Takes a compressed or an uncompressed point. @throws RepoError InvalidKey. */
  static fromPoint(curve: Curve, point: Uint8Array): PublicKey {
    try {
      const found = CURVES[curve].ecdsa.Point.fromBytes(Uint8Array.from(point))
      found.assertValidity()
      return new PublicKey(curve, found.toBytes(true))
    } catch {
      throw new RepoError('InvalidKey', `not a point of the curve ${curve}`)
    }
  }

  get didKey(): string {
    return formatDidKey(this.curve, this.compressed)
  }

  /** False for anything but a low-S signature of 64 bytes over this message. Never throws. */
  verify(message: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== 64) return false
    // The library takes plain arrays of bytes, not what is made from them.
    const [plainMessage, plainSignature] = [Uint8Array.from(message), Uint8Array.from(signature)]
    try {
      return CURVES[this.curve].ecdsa.verify(plainSignature, plainMessage, this.compressed, {
        lowS: true,
        format: 'compact',
        prehash: true,
      })
    } catch {
      return false
    }
  }
}

/** @throws RepoError InvalidKey. */
export function parseDidKey(didKey: string): PublicKey {
  if (!didKey.startsWith(DID_KEY)) throw new RepoError('InvalidKey', `not a did:key: ${didKey.slice(0, 80)}`)
  return parseMultikey(didKey.slice(DID_KEY.length))
}

/** Reads `z…`, the Multikey form. @throws RepoError InvalidKey, also for other curves. */
export function parseMultikey(text: string): PublicKey {
  const bytes = decodeMultibase(text)
  for (const curve of NAMES) {
    const { codec } = CURVES[curve]
    if (bytes.length === 35 && bytes[0] === codec[0] && bytes[1] === codec[1])
      return PublicKey.fromPoint(curve, bytes.subarray(2))
  }
  throw new RepoError('InvalidKey', `not a K-256 or P-256 key: ${text.slice(0, 80)}`)
}

/**
 * Reads the `publicKeyMultibase` of a verification method of a DID document, by the method's type.
 * @throws RepoError InvalidKey, also for other types.
 */
export function parseMultibaseKey(type: string, text: string): PublicKey {
  if (type === 'Multikey') return parseMultikey(text)
  for (const curve of NAMES)
    if (type === CURVES[curve].legacyType) return PublicKey.fromPoint(curve, decodeMultibase(text))
  throw new RepoError('InvalidKey', `not a key type of atproto: ${type.slice(0, 80)}`)
}

/** The Multikey of a compressed point. */
export function formatMultikey(curve: Curve, compressed: Uint8Array): string {
  return base58btc.encode(Uint8Array.from([...CURVES[curve].codec, ...compressed]))
}

/** The did:key of a compressed point. */
export function formatDidKey(curve: Curve, compressed: Uint8Array): string {
  return DID_KEY + formatMultikey(curve, compressed)
}

/** @throws RepoError InvalidKey. */
export function verifySignature(didKey: string, message: Uint8Array, signature: Uint8Array): boolean {
  return parseDidKey(didKey).verify(message, signature)
}

function decodeMultibase(text: string): Uint8Array {
  try {
    if (text.length <= MULTIBASE_LENGTH) return base58btc.decode(text)
  } catch {
    // Falls through to the one error for both.
  }
  throw new RepoError('InvalidKey', `not a base58btc key: ${text.slice(0, 80)}`)
}
