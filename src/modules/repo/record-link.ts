import { type DataValue, decodeCbor } from '../../repo-engine/index.js'

/**
 * Collections in which a repository says one thing about a subject at most: a new record replaces the old one in the
 * same commit. The subject is a strong reference or a DID.
 */
export const LINKING_COLLECTIONS: ReadonlySet<string> = new Set([
  'app.bsky.feed.like',
  'app.bsky.feed.repost',
  'app.bsky.graph.follow',
  'app.bsky.graph.block',
])

/** What a record of such a collection points at; null for all other records, and for malformed ones. */
export function linkOf(path: string, bytes: Uint8Array): string | null {
  if (!LINKING_COLLECTIONS.has(path.slice(0, path.indexOf('/')))) return null
  return subjectOf(decodeCbor(bytes))
}

/** The subject of a record in the data model: the DID, or the URI of a strong reference. */
export function subjectOf(record: DataValue): string | null {
  const subject = (record as { subject?: unknown } | null)?.subject
  if (typeof subject === 'string') return subject
  const uri = (subject as { uri?: unknown } | null | undefined)?.uri
  return typeof uri === 'string' ? uri : null
}
