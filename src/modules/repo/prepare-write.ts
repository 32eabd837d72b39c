import {
  type BlobRef,
  Cid,
  decodeCbor,
  encodeCbor,
  findBlobs,
  jsonToRecord,
  type Nsid,
  parseNsid,
  type RecordBlock,
  type RecordKey,
  type RepoWrite,
  type Tid,
} from '../../repo-engine/index.js'
import type { Lexicons, ValidationStatus } from '../lexicon/lexicons.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { LINKING_COLLECTIONS, subjectOf } from './record-link.js'
import { collectionOf } from './repo-row.js'

/** Largest record, in bytes of DAG-CBOR. */
export const MAX_RECORD_BYTES = 1024 * 1024

/** A write as it was asked for: records in JSON form. `put` creates or updates, whichever it takes. */
export interface RequestedWrite {
  action: 'create' | 'update' | 'put' | 'delete'
  collection: string
  /** May be left out of a create. */
  rkey?: string
  record?: unknown
}

/** A write that has been checked and encoded; what remains to be seen is how it fits the tree. */
export interface PreparedWrite {
  action: RequestedWrite['action']
  collection: Nsid
  path: string
  cid: Cid | null
  bytes: Uint8Array | null
  /** What the record points at, where its collection has one record a subject. */
  subject: string | null
  /** The blobs that the record refers to. */
  blobs: readonly BlobRef[]
  validationStatus: ValidationStatus
}

/**
 * Checks one write by syntax, data model and lexicon, and encodes it. `validate` as in createRecord; `nextKey` gives
 * the key of a create that names none. @throws XrpcError 400 InvalidRequest, RepoError InvalidData
 */
export function prepareWrite(
  write: RequestedWrite,
  validate: boolean | undefined,
  lexicons: Lexicons,
  nextKey: () => Tid,
): PreparedWrite {
  const collection = parseNsid(write.collection)
  const rkey = write.rkey ?? (write.action === 'create' ? nextKey() : '')
  const path = `${collection}/${rkey}`
  if (write.action === 'delete') return { action: 'delete', collection, path, ...NOTHING, validationStatus: undefined }
  lexicons.checkRecordKey(collection, rkey as RecordKey)
  const record = lexicons.withType(collection, write.record)
  const validationStatus = lexicons.checkRecord(collection, record, validate)
  const data = jsonToRecord(record)
  const bytes = encodeCbor(data)
  if (bytes.length > MAX_RECORD_BYTES) throw invalidRequest(`Record is larger than ${MAX_RECORD_BYTES} bytes: ${path}`)
  const subject = LINKING_COLLECTIONS.has(collection) ? subjectOf(data) : null
  const blobs = findBlobs(data)
  for (const { cid, size } of blobs)
    if (size === null) throw invalidRequest(`Legacy blobs are not allowed (${cid.toString()})`)
  return { action: write.action, collection, path, cid: Cid.ofCbor(bytes), bytes, subject, blobs, validationStatus }
}

/**
 * Puts a record that has stood in a repository back as it is, byte for byte: its lexicon was looked at in its time, or it
 * came from elsewhere.
 */
export function putBack({ path, cid, bytes }: RecordBlock): PreparedWrite {
  const collection = collectionOf(path) as Nsid
  const blobs = findBlobs(decodeCbor(bytes))
  return { action: 'put', collection, path, cid, bytes, subject: null, blobs, validationStatus: undefined }
}

/** Deletes what stands under a path. */
export function takeAway(path: string): PreparedWrite {
  const collection = collectionOf(path) as Nsid
  return { action: 'delete', collection, path, ...NOTHING, validationStatus: undefined }
}

const NOTHING = { cid: null, bytes: null, subject: null, blobs: [] } as const

/** The write as the engine takes it, once it is known what the tree holds under its path; null when it changes nothing. */
export function resolveWrite(write: PreparedWrite, held: Cid | null): RepoWrite | null {
  const { action, path, cid, bytes } = write
  if (action === 'delete') return { action, path }
  if (action === 'put' && cid!.equals(held)) return null
  return { action: action === 'put' ? (held ? 'update' : 'create') : action, path, cid: cid!, bytes: bytes! }
}
