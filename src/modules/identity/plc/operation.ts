/**
 * Operations of did:plc: their shapes, hashes and signatures (https://web.plc.directory/spec/v0.1/did-plc).
 * Pure: what a log of them means is in `log.ts`, where they are kept in `embedded-plc.ts`.
 *
 * An operation is signed and hashed as DAG-CBOR: the signature is over the bytes without `sig`, the CID over the
 * bytes with it, and the DID is the head of the hash of the first operation, in base32.
 */
import {
  Cid,
  encodeBase32,
  encodeCbor,
  verifySignature,
  type DataValue,
  type Did,
  type SigningKey,
} from '../../../repo-engine/index.js'

export interface PlcService {
  type: string
  endpoint: string
}

/** What an identity consists of. */
export interface PlcState {
  /** did:keys that may sign the next operation, the most powerful first. */
  rotationKeys: string[]
  /** did:keys by fragment (`atproto`). */
  verificationMethods: Record<string, string>
  alsoKnownAs: string[]
  /** Services by fragment (`atproto_pds`). */
  services: Record<string, PlcService>
}

/** An identity as the directory's `/data` tells it. */
export interface PlcData extends PlcState {
  did: string
}

export interface PlcUpdate extends PlcState {
  type: 'plc_operation'
  /** CID of the operation before, null for the first. */
  prev: string | null
  sig: string
}

export interface PlcTombstone {
  type: 'plc_tombstone'
  prev: string
  sig: string
}

/** The form of first operations until 2023; accepted in logs, never anew. */
export interface PlcLegacyCreate {
  type: 'create'
  signingKey: string
  recoveryKey: string
  handle: string
  service: string
  prev: null
  sig: string
}

export type PlcOperation = PlcUpdate | PlcTombstone | PlcLegacyCreate
export type Unsigned<Operation extends PlcOperation> = Omit<Operation, 'sig'>

/** Puts the signature of a rotation key on an operation. */
export function signOperation<Operation extends PlcOperation>(
  unsigned: Unsigned<Operation>,
  key: SigningKey,
): Operation {
  const sig = key.sign(encode(unsigned)).toString('base64url')
  return { ...unsigned, sig } as Operation
}

/** The first of the keys that signed the operation, by its place in `didKeys`; -1 when none did. */
export function findSigner(operation: PlcOperation, didKeys: readonly string[]): number {
  const { sig, ...unsigned } = operation
  const signature = decodeSignature(sig)
  if (!signature) return -1
  const message = encode(unsigned)
  return didKeys.findIndex((didKey) => verifySignature(didKey, message, signature))
}

/** What `prev` of the next operation says. */
export function cidOfOperation(operation: PlcOperation): string {
  return Cid.ofCbor(encode(operation)).toString()
}

/** The DID that a first operation makes. */
export function didOfGenesis(operation: PlcOperation): Did {
  const digest = Cid.ofCbor(encode(operation)).bytes.subarray(4)
  return `did:plc:${encodeBase32(digest).slice(0, 24)}` as Did
}

/** What an operation says, whatever its form; null for a tombstone. */
export function stateOf(operation: PlcOperation): PlcState | null {
  switch (operation.type) {
    case 'plc_tombstone':
      return null
    case 'plc_operation': {
      const { rotationKeys, verificationMethods, alsoKnownAs, services } = operation
      return { rotationKeys, verificationMethods, alsoKnownAs, services }
    }
    case 'create':
      return {
        rotationKeys: [operation.recoveryKey, operation.signingKey],
        verificationMethods: { atproto: operation.signingKey },
        alsoKnownAs: [`at://${operation.handle.replace(/^(at|https?):\/\//, '')}`],
        services: { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: withScheme(operation.service) } },
      }
  }
}

/** True for `did:plc:` and 24 base32 digits. */
export function isPlcDid(text: string): text is Did {
  return /^did:plc:[a-z2-7]{24}$/.test(text)
}

/** The bytes whose hash names an operation, or that a signature is over. */
export function encode(operation: object): Buffer {
  return encodeCbor(operation as DataValue)
}

/** Reads strict base64url of 64 bytes: no padding, no line break, no left-over bits. Null for anything else. */
function decodeSignature(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === 64 && bytes.toString('base64url') === text ? bytes : null
}

function withScheme(service: string): string {
  return /^https?:\/\//.test(service) ? service : `https://${service}`
}
