import { decodeCar, decodeCommit, tidToMicros, verifyCommit } from '../../../src/repo-engine/index.js'
import { type KeyDocument, signingKeyOf } from './signing-key.js'

/** What a commit says. */
export interface CommitFacts {
  cid: string
  did: string
  version: number
  rev: string | null
  /** The time in the rev, in milliseconds. */
  time: number | null
  data: string
  /** In hexadecimal digits. */
  signature: string
  /** The did:key of the DID document. */
  key: string | null
  isSigned: boolean
}

/**
 * Reads the commit block with the given CID out of a CAR, and checks its signature by the key of the DID document.
 * @throws RepoError for what is no commit; Error when it is not there
 */
export function readCommitFacts(car: Uint8Array, cid: string, document: KeyDocument): CommitFacts {
  const block = decodeCar(car).blocks.find((block) => block.cid.toString() === cid)
  if (!block) throw new Error('The server did not send the commit that it names')
  const commit = decodeCommit(block.bytes)
  const key = signingKeyOf(document)
  return {
    cid,
    did: commit.did,
    version: commit.version,
    rev: commit.rev,
    time: commit.rev === null ? null : tidToMicros(commit.rev) / 1000,
    data: commit.data.toString(),
    signature: Array.from(commit.sig, (byte) => byte.toString(16).padStart(2, '0')).join(''),
    key,
    isSigned: key !== null && verifyCommit(commit, key),
  }
}
