/**
 * The full check of a repository: commit, tree and records, from the head down. What it gives on the way is
 * the repository in streamable order (commit, then the tree in pre-order with each record where its key
 * stands), so an importer pours it into storage and an exporter into a CAR, in slices of any size.
 */
import { type Blockstore, MissingBlock, type NodePosition } from './blockstore.js'
import { type DataMap, decodeCbor } from './cbor.js'
import { Cid, CODEC_DAG_CBOR } from './cid.js'
import { type CommitAuthor, type DecodedCommit, readCommit } from './commit.js'
import { RepoError } from './errors.js'
import { walkTree } from './mst/walk.js'

export interface VerifyLimits {
  readonly maxNodes: number
  readonly maxRecords: number
  /**
   * Commit, nodes and records together, a record counting once for every path it stands under: small files
   * can hold a tree that names one large record very often.
   */
  readonly maxBytes: number
}

export const VERIFY_LIMITS: VerifyLimits = {
  maxNodes: 10_000_000,
  maxRecords: 10_000_000,
  maxBytes: 2 ** 32,
}

export interface VerifyRepoInput extends CommitAuthor {
  readonly store: Blockstore
  readonly head: Cid
  readonly limits?: Partial<VerifyLimits>
}

export type RepoItem =
  | { readonly kind: 'commit'; readonly cid: Cid; readonly bytes: Uint8Array; readonly commit: DecodedCommit }
  | { readonly kind: 'node'; readonly at: NodePosition; readonly cid: Cid; readonly bytes: Uint8Array }
  | {
      readonly kind: 'record'
      readonly path: string
      readonly cid: Cid
      readonly bytes: Uint8Array
      readonly value: DataMap
    }

export interface RepoSummary {
  readonly head: Cid
  readonly commit: DecodedCommit
  readonly nodes: number
  readonly records: number
  /** Records by collection, in order of the collections. */
  readonly collections: ReadonlyMap<string, number>
  readonly bytes: number
}

/**
 * Checks everything reachable from `head`, block by block: hashes, the commit with its DID and signature (as
 * far as `did` and `didKey` are given), the structure of the tree, and that every record is there and is a
 * DAG-CBOR map. Paths are checked as MST keys, not for the syntax of NSIDs, and records not for their type.
 * Nothing counts as verified before the generator has ended.
 * @throws MissingBlock; RepoError InvalidCommit, InvalidSignature, InvalidKey, InvalidMst, InvalidData,
 * LimitExceeded
 */
export function* verifyRepo(input: VerifyRepoInput): Generator<RepoItem, RepoSummary, void> {
  const { store, head } = input
  const { maxNodes, maxRecords, maxBytes } = { ...VERIFY_LIMITS, ...input.limits }
  const { commit, bytes } = readCommit(store, head, input)
  let size = bytes.length
  let nodes = 0
  let records = 0
  const collections = new Map<string, number>()
  yield { kind: 'commit', cid: head, bytes, commit }

  for (const item of walkTree(store, commit.data, { maxNodes, maxEntries: maxRecords })) {
    if (item.kind === 'node') {
      nodes++
      size += item.bytes.length
      yield { kind: 'node', at: item.at, cid: item.cid, bytes: item.bytes }
    } else {
      const { key: path, value: cid } = item
      const record = readRecord(store, path, cid)
      const collection = path.slice(0, path.indexOf('/'))
      records++
      collections.set(collection, (collections.get(collection) ?? 0) + 1)
      size += record.bytes.length
      yield { kind: 'record', path, cid, ...record }
    }
    if (size > maxBytes) throw new RepoError('LimitExceeded', `repository of more than ${maxBytes} bytes`)
  }
  return { head, commit, nodes, records, collections, bytes: size }
}

/** A record out of a store, checked. @throws MissingBlock; RepoError InvalidData */
export function readRecord(store: Blockstore, path: string, cid: Cid): { bytes: Uint8Array; value: DataMap } {
  const bytes = store.get(cid)
  if (!bytes) throw new MissingBlock(cid)
  if (cid.codec !== CODEC_DAG_CBOR || !cid.matches(bytes)) throw invalid(path, 'does not hash to its CID')
  let value
  try {
    value = decodeCbor(bytes)
  } catch (error) {
    throw invalid(path, (error as RepoError).message)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path, 'is not a map')
  if (value instanceof Uint8Array || value instanceof Cid) throw invalid(path, 'is not a map')
  return { bytes, value }
}

function invalid(path: string, message: string): RepoError {
  return new RepoError('InvalidData', `record ${path}: ${message}`)
}
