/** What likes and reposts have in common: a subject, and perhaps the repost through which they came about. */
import type { Did } from '../../repo-engine/index.js'
import { didOf } from '../at-uri.js'
import type { Link } from '../derived/backlinks.js'
import type { Notification } from '../derived/notifications.js'
import type { Pointer } from '../derived/one-per-subject.js'
import type { IndexedRecord } from '../projection.js'

/** The record behind a row, as backlinks are filed by. */
export function sourceOf(
  { uri, did, sort_at }: Pointer,
  collection: string,
): Pick<IndexedRecord, 'uri' | 'did' | 'collection' | 'sortAt'> {
  return { uri, did: did as Did, collection, sortAt: sort_at }
}

export function linksOf({ subject, via }: Pointer): Link[] {
  const links = [{ target: subject, path: 'subject.uri' }]
  if (via) links.push({ target: via, path: 'via.uri' })
  return links
}

/**
 * The owner of the subject is told, and whoever's repost it came about through. Who likes or reposts what is their own
 * tells nobody.
 */
export function notificationsOf(
  { uri, cid, did, subject, via, sort_at, indexed_at }: Pointer,
  reason: 'like' | 'repost',
): Notification[] {
  const owner = didOf(subject)
  if (!owner || owner === did) return []
  const about = { author: did, uri, cid, sortAt: sort_at, indexedAt: indexed_at }
  const told: Notification[] = [{ ...about, did: owner, reason, subject }]
  const reposter = via ? didOf(via) : null
  if (reposter && via) told.push({ ...about, did: reposter, reason: `${reason}-via-repost`, subject: via })
  return told
}
