/**
 * Commits: the signed root of a repository (https://atproto.com/specs/repository#commit-objects).
 *
 * Byte layout, DAG-CBOR map in canonical key order:
 *   version 3: {did, rev, sig, data, prev, version}; `rev` a TID, `prev` null (a link in commits of 2023)
 *   version 2: {did, [rev,] sig, data, prev, version}; `prev` links the commit before, or null for the first
 * The signature is over the same map without `sig`, so a commit is its unsigned bytes with one entry let in
 * before `data`. Version 1 (2022) signed a separate root block; it is refused.
 */
import { type Blockstore, MissingBlock } from './blockstore.js'
import { CborWriter, decodeCbor } from './cbor.js'
import { Cid, CODEC_DAG_CBOR } from './cid.js'
import { RepoError } from './errors.js'
import { verifySignature } from './keys.js'
import { type Did, isDid } from './syntax.js'
import { isTid, type Tid } from './tid.js'

export interface UnsignedCommit {
  readonly did: Did
  readonly version: 2 | 3
  /** Root node of the tree. */
  readonly data: Cid
  /** Null in version 2 only. */
  readonly rev: Tid | null
  readonly prev: Cid | null
}

export interface Commit extends UnsignedCommit {
  /** 64 bytes: r, then s. */
  readonly sig: Uint8Array
}

/** A commit as read from a block, with the bytes that `sig` signs. */
export interface DecodedCommit extends Commit {
  readonly unsigned: Buffer
}

/** What signs: a SigningKey, or whatever else holds the key. */
export interface CommitSigner {
  sign(message: Uint8Array): Uint8Array
}

const SIGNATURE_LENGTH = 64
/** The map entry `sig` up to its 64 bytes: text(3) "sig", bytes(64). */
const SIG_ENTRY = Buffer.from('63736967' + '5840', 'hex')

const writer = new CborWriter()

/** The bytes that the signature of this commit is over. */
export function encodeUnsignedCommit(commit: UnsignedCommit): Buffer {
  const { did, rev, data, prev, version } = commit
  writer.clear().map(rev === null ? 4 : 5)
  writer.text('did').text(did)
  if (rev !== null) writer.text('rev').text(rev)
  writer.text('data').cid(data).text('prev')
  if (prev) writer.cid(prev)
  else writer.null()
  return writer.text('version').uint(version).finish()
}

/** The commit block. */
export function encodeCommit(commit: Commit): Buffer {
  return insertSignature(commit, encodeUnsignedCommit(commit), commit.sig)
}

/** Signs a commit and gives its block. */
export function signCommit(commit: UnsignedCommit, key: CommitSigner): Buffer {
  const unsigned = encodeUnsignedCommit(commit)
  return insertSignature(commit, unsigned, key.sign(unsigned))
}

/** One more entry in the map, before `data`, `prev` and `version`, whose length is known. */
function insertSignature(commit: UnsignedCommit, unsigned: Buffer, sig: Uint8Array): Buffer {
  const at = unsigned.length - (5 + LINK_LENGTH) - (5 + (commit.prev ? LINK_LENGTH : 1)) - 9
  const block = Buffer.allocUnsafe(unsigned.length + SIG_ENTRY.length + sig.length)
  unsigned.copy(block, 0, 0, at)
  SIG_ENTRY.copy(block, at)
  block.set(sig, at + SIG_ENTRY.length)
  unsigned.copy(block, at + SIG_ENTRY.length + sig.length, at)
  block[0]!++
  return block
}

/** Encoded length of a link: tag 42, bytes(37), a zero byte, 36 bytes of CID. */
const LINK_LENGTH = 41

/**
 * Reads a commit block. A block is a commit only if it is exactly what its fields encode to: no field more,
 * none less, no other form. @throws RepoError InvalidCommit
 */
export function decodeCommit(block: Uint8Array): DecodedCommit {
  const commit = readFields(block)
  const unsigned = encodeUnsignedCommit(commit)
  if (Buffer.compare(insertSignature(commit, unsigned, commit.sig), block) !== 0)
    throw new RepoError('InvalidCommit', 'commit with unknown fields')
  return { ...commit, unsigned }
}

function readFields(block: Uint8Array): Commit {
  let fields: unknown
  try {
    fields = decodeCbor(block)
  } catch (error) {
    throw new RepoError('InvalidCommit', `commit block: ${(error as RepoError).message}`)
  }
  if (typeof fields !== 'object' || fields === null) throw new RepoError('InvalidCommit', 'commit block is not a map')
  const { did, version, data, rev = null, prev, sig } = fields as Record<string, unknown>
  if (version !== 2 && version !== 3)
    throw new RepoError(
      'InvalidCommit',
      `commit version must be 3 or 2, not ${typeof version === 'number' ? version : typeof version}`,
    )
  if (typeof did !== 'string' || !isDid(did)) throw new RepoError('InvalidCommit', 'commit without a valid did')
  if (!(data instanceof Cid)) throw new RepoError('InvalidCommit', 'commit without a link to its data')
  if (rev === null ? version === 3 : typeof rev !== 'string' || !isTid(rev))
    throw new RepoError('InvalidCommit', 'commit without a valid rev')
  if (prev !== null && !(prev instanceof Cid)) throw new RepoError('InvalidCommit', 'commit without a valid prev')
  if (!(sig instanceof Uint8Array) || sig.length !== SIGNATURE_LENGTH)
    throw new RepoError('InvalidCommit', 'commit without a signature of 64 bytes')
  return { did, version, data, rev: rev as Tid | null, prev, sig }
}

/** True when the commit carries a good signature by this key. @throws RepoError InvalidKey for a bad did:key */
export function verifyCommit(commit: DecodedCommit, didKey: string): boolean {
  return verifySignature(didKey, commit.unsigned, commit.sig)
}

/** Who a commit must be by; what is not given is not checked. */
export interface CommitAuthor {
  readonly did?: Did
  /** The signing key in the DID document, as did:key. */
  readonly didKey?: string
}

/**
 * Reads a commit from a store and checks its hash, its DID and its signature.
 * @throws MissingBlock; RepoError InvalidCommit, InvalidSignature, InvalidKey
 */
export function readCommit(
  store: Blockstore,
  head: Cid,
  { did, didKey }: CommitAuthor,
): { commit: DecodedCommit; bytes: Uint8Array } {
  const bytes = store.get(head)
  if (!bytes) throw new MissingBlock(head)
  if (head.codec !== CODEC_DAG_CBOR || !head.matches(bytes))
    throw new RepoError('InvalidCommit', `commit block does not hash to its CID ${head.toString()}`)
  const commit = decodeCommit(bytes)
  if (did !== undefined && commit.did !== did)
    throw new RepoError('InvalidCommit', `commit is of ${commit.did}, not of ${did}`)
  if (didKey !== undefined && !verifyCommit(commit, didKey))
    throw new RepoError('InvalidSignature', `commit ${head.toString()} is not signed by ${didKey}`)
  return { commit, bytes }
}
