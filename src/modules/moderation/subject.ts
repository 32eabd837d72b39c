import { Cid, isAtUri, isCidText, isDid, splitAtUri } from '../../repo-engine/index.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'

/** What a moderator points at: an account, a record in one version, a blob of an account. */
export type Subject = XrpcMethods['com.atproto.admin.updateSubjectStatus']['input']['subject']

/** The text under which its takedown is stored. A record's holds for all its versions. @throws XrpcError 400 InvalidRequest. */
export function takedownKeyOf(subject: Subject): string {
  if (subject.$type === REPO) return subject.did
  if (subject.$type === BLOB) return `${subject.did}/${oneText(subject.cid)}`
  if (subject.$type === RECORD) return recordUri(subject.uri)
  throw invalidRequest('Invalid subject')
}

/** A CID as blobs are asked for by it. @throws XrpcError 400 InvalidRequest */
function oneText(cid: unknown): string {
  try {
    return Cid.parse(cid as string).toString()
  } catch {
    throw invalidRequest('Invalid subject: not a CID')
  }
}

/** Whether it is an account. */
export function isRepoSubject(subject: Subject): boolean {
  return subject.$type === REPO
}

export const repoSubject = (did: string): Subject => ({ $type: REPO, did })
export const recordSubject = (uri: string, cid: string): Subject => ({ $type: RECORD, uri, cid })
export const blobSubject = (did: string, cid: string): Subject => ({ $type: BLOB, did, cid })

/** An at-uri that names one record by the DID of its account. @throws XrpcError 400 InvalidRequest. */
export function recordUri(uri: string): string {
  const { authority, rkey } = splitAtUri(uri)
  if (!isDid(authority) || rkey === undefined) throw invalidRequest(`Not the at-uri of a record by its DID: ${uri}`)
  return uri
}

const REPO = 'com.atproto.admin.defs#repoRef'
const RECORD = 'com.atproto.repo.strongRef'
const BLOB = 'com.atproto.admin.defs#repoBlobRef'

/** The account that a subject is, or is of. @throws as {@link takedownKeyOf} */
export function accountOfSubject(subject: Subject): string {
  return subject.$type === RECORD ? splitAtUri(recordUri(subject.uri)).authority : (subject as { did: string }).did
}

/** A subject without what else was sent with it. @throws XrpcError 400 InvalidRequest for what is none */
export function plainSubject(subject: Subject): Subject {
  takedownKeyOf(subject)
  if (subject.$type === REPO) return repoSubject(subject.did)
  if (subject.$type === RECORD) return recordSubject(subject.uri, subject.cid)
  const { did, cid, recordUri: uri } = subject as Extract<Subject, { $type: typeof BLOB }>
  if (!isDid(did) || !isCidText(cid) || !(uri === undefined || isAtUri(uri))) throw invalidRequest('Invalid subject')
  if (uri !== undefined) recordUri(uri)
  return { ...blobSubject(did, cid), ...(uri !== undefined && { recordUri: uri }) } as Subject
}
