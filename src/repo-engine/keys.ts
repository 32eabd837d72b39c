/**
 * Signing and public keys of atproto: ECDSA over K-256 (secp256k1) or P-256, SHA-256 of the message,
 * signatures as 64 bytes r || s with s in the lower half of the group order ("low-S")
 * (https://atproto.com/specs/cryptography).
 *
 * K-256 runs on libsecp256k1, which is about nine times as fast as OpenSSL. Where that package has no
 * binary for the platform it would put in elliptic-curve arithmetic in JavaScript; we take OpenSSL then.
 *
 * Key texts: a Multikey is `z` + base58btc of a codec varint and the 33 bytes of the compressed point, and
 * a did:key is `did:key:` + Multikey. The two old verification methods of DID documents hold the bare
 * point, mostly the 65 bytes of its uncompressed form.
 */
import { createECDH, createPrivateKey, createPublicKey, ECDH, hash, randomBytes, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type secp256k1 from 'secp256k1'
import { base58btc } from 'multiformats/bases/base58'
import { RepoError } from './errors.js'

export type Curve = 'k256' | 'p256'

/** The native half of the package; null where it has no binary. */
const libsecp256k1 = await import(
  // @ts-expect-error The published types describe the whole package only.
  'secp256k1/bindings.js'
).then(
  (bindings: { default: Pick<typeof secp256k1, 'ecdsaSign' | 'ecdsaVerify'> }) => bindings.default,
  () => null,
)

/** What signs and verifies K-256 on this platform. */
export const K256_BACKEND: 'libsecp256k1' | 'openssl' = libsecp256k1 ? 'libsecp256k1' : 'openssl'

interface CurveFacts {
  readonly opensslName: string
  /** Varint of the multicodec (`secp256k1-pub`, `p256-pub`). */
  readonly codec: Buffer
  /** Type name of the verification method that came before Multikey. */
  readonly legacyType: string
  /** Order of the group. */
  readonly order: Buffer
  readonly halfOrder: Buffer
  /** DER SubjectPublicKeyInfo up to the compressed point. */
  readonly spkiPrefix: Buffer
  /** DER ECPrivateKey (SEC 1) around the 32 bytes of the scalar. */
  readonly sec1Prefix: Buffer
  readonly sec1Suffix: Buffer
}

const hex = (text: string) => Buffer.from(text, 'hex')

const CURVES: Record<Curve, CurveFacts> = {
  k256: {
    opensslName: 'secp256k1',
    codec: hex('e701'),
    legacyType: 'EcdsaSecp256k1VerificationKey2019',
    order: hex('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'),
    halfOrder: hex('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0'),
    spkiPrefix: hex('3036301006072a8648ce3d020106052b8104000a032200'),
    sec1Prefix: hex('302e0201010420'),
    sec1Suffix: hex('a00706052b8104000a'),
  },
  p256: {
    opensslName: 'prime256v1',
    codec: hex('8024'),
    legacyType: 'EcdsaSecp256r1VerificationKey2019',
    order: hex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'),
    halfOrder: hex('7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8'),
    spkiPrefix: hex('3039301306072a8648ce3d020106082a8648ce3d030107032200'),
    sec1Prefix: hex('30310201010420'),
    sec1Suffix: hex('a00a06082a8648ce3d030107'),
  },
}

const DID_KEY = 'did:key:'
/** Longer than any key text in use; base58 takes time quadratic to its length. */
const MULTIBASE_LENGTH = 128

/** A point on a curve, checked to be one. */
export class PublicKey {
  private constructor(
    readonly curve: Curve,
    /** 33 bytes. */
    readonly compressed: Buffer,
    private readonly openssl: KeyObject | null,
    private readonly uncompressed: Buffer,
  ) {}

  /** Takes a compressed or an uncompressed point. @throws RepoError InvalidKey. */
  static fromPoint(curve: Curve, point: Uint8Array): PublicKey {
    const { opensslName, spkiPrefix } = CURVES[curve]
    try {
      // OpenSSL would also read the hybrid form (6 or 7, then both coordinates).
      if (point.length !== 33 && point[0] !== 4) throw new Error('neither compressed nor uncompressed')
      const convert = (form: 'compressed' | 'uncompressed') =>
        ECDH.convertKey(point, opensslName, undefined, undefined, form) as Buffer
      const compressed = convert('compressed')
      const openssl =
        curve === 'k256' && libsecp256k1
          ? null
          : createPublicKey({ key: Buffer.concat([spkiPrefix, compressed]), format: 'der', type: 'spki' })
      return new PublicKey(curve, compressed, openssl, convert('uncompressed'))
    } catch {
      throw new RepoError('InvalidKey', `not a point of the curve ${curve}`)
    }
  }

  get didKey(): string {
    return formatDidKey(this.curve, this.compressed)
  }

  /** False for anything but a low-S signature of 64 bytes over this message. Never throws. */
  verify(message: Uint8Array, signature: Uint8Array): boolean {
    const { order, halfOrder } = CURVES[this.curve]
    if (signature.length !== 64) return false
    const r = signature.subarray(0, 32)
    const s = signature.subarray(32)
    if (Buffer.compare(r, order) >= 0 || Buffer.compare(s, halfOrder) > 0) return false
    if (this.openssl) return verify('sha256', message, { key: this.openssl, dsaEncoding: 'ieee-p1363' }, signature)
    return libsecp256k1!.ecdsaVerify(signature, hash('sha256', message, 'buffer'), this.uncompressed)
  }
}

/** A private key and what belongs to it. */
export class SigningKey {
  readonly didKey: string

  private constructor(
    readonly curve: Curve,
    private readonly secret: Buffer,
    readonly publicKey: PublicKey,
    private readonly openssl: KeyObject | null,
  ) {
    this.didKey = publicKey.didKey
  }

  /** A new random key. */
  static generate(curve: Curve = 'k256'): SigningKey {
    for (;;) {
      const secret = randomBytes(32)
      if (isScalar(curve, secret)) return SigningKey.fromPrivate(curve, secret)
    }
  }

  /** Takes the 32 bytes of the private scalar. @throws RepoError InvalidKey. */
  static fromPrivate(curve: Curve, secret: Uint8Array): SigningKey {
    const { opensslName, sec1Prefix, sec1Suffix } = CURVES[curve]
    if (secret.length !== 32 || !isScalar(curve, secret))
      throw new RepoError('InvalidKey', `not a private key of the curve ${curve}`)
    const scalar = Buffer.from(secret)
    const ecdh = createECDH(opensslName)
    ecdh.setPrivateKey(scalar)
    const publicKey = PublicKey.fromPoint(curve, ecdh.getPublicKey())
    const openssl =
      curve === 'k256' && libsecp256k1
        ? null
        : createPrivateKey({ key: Buffer.concat([sec1Prefix, scalar, sec1Suffix]), format: 'der', type: 'sec1' })
    return new SigningKey(curve, scalar, publicKey, openssl)
  }

  /** The 32 bytes of the private scalar. */
  exportPrivate(): Buffer {
    return Buffer.from(this.secret)
  }

  /** The signature of a message, 64 bytes, low-S. Deterministic (RFC 6979) on libsecp256k1 only. */
  sign(message: Uint8Array): Buffer {
    if (this.openssl) return lowS(this.curve, sign('sha256', message, { key: this.openssl, dsaEncoding: 'ieee-p1363' }))
    const signature = Buffer.allocUnsafe(64)
    libsecp256k1!.ecdsaSign(hash('sha256', message, 'buffer'), this.secret, undefined, signature)
    return signature
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
  for (const curve of ['k256', 'p256'] as const) {
    const { codec } = CURVES[curve]
    if (bytes.length === codec.length + 33 && codec.equals(bytes.subarray(0, codec.length)))
      return PublicKey.fromPoint(curve, bytes.subarray(codec.length))
  }
  throw new RepoError('InvalidKey', `not a K-256 or P-256 key: ${text.slice(0, 80)}`)
}

/**
 * Reads the `publicKeyMultibase` of a verification method of a DID document, by the method's type.
 * @throws RepoError InvalidKey, also for other types.
 */
export function parseMultibaseKey(type: string, text: string): PublicKey {
  if (type === 'Multikey') return parseMultikey(text)
  for (const curve of ['k256', 'p256'] as const)
    if (type === CURVES[curve].legacyType) return PublicKey.fromPoint(curve, decodeMultibase(text))
  throw new RepoError('InvalidKey', `not a key type of atproto: ${type.slice(0, 80)}`)
}

/** The Multikey of a compressed point. */
export function formatMultikey(curve: Curve, compressed: Uint8Array): string {
  return base58btc.encode(Buffer.concat([CURVES[curve].codec, compressed]))
}

/** The did:key of a compressed point. */
export function formatDidKey(curve: Curve, compressed: Uint8Array): string {
  return DID_KEY + formatMultikey(curve, compressed)
}

/** Keys parsed lately, the one used longest ago first. */
const parsedKeys = new Map<string, PublicKey>()
const PARSED_KEYS = 4096

/** As {@link PublicKey.verify}, with the parsed key kept for the next time. @throws RepoError InvalidKey. */
export function verifySignature(didKey: string, message: Uint8Array, signature: Uint8Array): boolean {
  let key = parsedKeys.get(didKey)
  if (key) parsedKeys.delete(didKey)
  else key = parseDidKey(didKey)
  parsedKeys.set(didKey, key)
  if (parsedKeys.size > PARSED_KEYS) parsedKeys.delete(parsedKeys.keys().next().value!)
  return key.verify(message, signature)
}

function decodeMultibase(text: string): Uint8Array {
  try {
    if (text.length <= MULTIBASE_LENGTH) return base58btc.decode(text)
  } catch {
    // Falls through to the one error for both.
  }
  throw new RepoError('InvalidKey', `not a base58btc key: ${text.slice(0, 80)}`)
}

/** True between 1 and the order minus 1. */
function isScalar(curve: Curve, bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, CURVES[curve].order) < 0 && bytes.some((byte) => byte !== 0)
}

/** Replaces s by order - s where s is in the upper half: the same signature, in its one accepted form. */
function lowS(curve: Curve, signature: Buffer): Buffer {
  const { order, halfOrder } = CURVES[curve]
  if (Buffer.compare(signature.subarray(32), halfOrder) <= 0) return signature
  let borrow = 0
  for (let i = 31; i >= 0; i--) {
    const difference = order[i]! - signature[32 + i]! - borrow
    signature[32 + i] = difference
    borrow = difference < 0 ? 1 : 0
  }
  return signature
}
