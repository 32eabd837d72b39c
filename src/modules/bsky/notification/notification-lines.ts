import { Injectable } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { Database, type SqlValue } from '../../database/database.js'
import type { Place } from '../page.js'
import { type Reason, REASON_COUNT, type WantedReasons } from './reasons.js'

/** That the viewer is told of something: by whose record, and to what of the viewer's it was done. */
export interface NotificationLine {
  uri: string
  cid: string
  reason: Reason
  author: string
  subject: string | null
  at: number
  place: Place
}

interface Row {
  sort_at: number
  uri: string
  reason: Reason
  cid: string
  author: string
  subject: string | null
}

/**
 * Reads of what accounts are told: what the records of others have done to theirs, and the posts of those to whose
 * activity they have subscribed. Newest first; what one moment and one record tell, by reason.
 */
@Injectable()
export class NotificationLines {
  constructor(private readonly database: Database) {}

  /** Up to `count` lines that come after a place. */
  async read(viewer: Did, wanted: WantedReasons, after: Place, count: number): Promise<NotificationLine[]> {
    if (wanted.reasons.length === 0) return []
    // The key of a place is uri and reason; a DID, a path and a reason have no space in them.
    const [uri = '', reason = ''] = after.key.split(' ')
    const { read } = this.database
    const told = await read.all<Row>(TOLD, viewer, after.at, uri, reason, ...reasonValues(wanted), count)
    const posted = wanted.reasons.includes('subscribed-post')
      ? await read.all<Row>(POSTED, 0, viewer, after.at, uri, count)
      : []
    const rows = posted.length === 0 ? told : [...told, ...posted].sort(newestFirst).slice(0, count)
    return rows.map(({ sort_at: at, ...row }) => ({ ...row, at, place: { at, key: `${row.uri} ${row.reason}` } }))
  }

  /** Who has told the viewer how much since `seenAt`, of the newest `most` lines. */
  async unread(viewer: Did, wanted: WantedReasons, seenAt: number, most: number): Promise<Map<string, number>> {
    if (wanted.reasons.length === 0) return new Map()
    const { read } = this.database
    const told = await read.all<Unread>(byAuthor(UNREAD), viewer, seenAt, ...reasonValues(wanted), most)
    const posted = wanted.reasons.includes('subscribed-post')
      ? await read.all<Unread>(byAuthor(POSTED), seenAt + 1, viewer, Number.MAX_SAFE_INTEGER, '', most)
      : []
    const counts = new Map(told.map(({ author, count }) => [author, count]))
    for (const { author, count } of posted) counts.set(author, (counts.get(author) ?? 0) + count)
    return counts
  }
}

interface Unread {
  author: string
  count: number
}

/** The values of {@link WANTED}: as many as it has marks, whatever is wanted. */
function reasonValues({ reasons, fromFollows }: WantedReasons): SqlValue[] {
  const filled = (list: readonly Reason[]): SqlValue[] => Array.from({ length: REASON_COUNT }, (_, i) => list[i] ?? '')
  return [...filled(reasons), ...filled(fromFollows)]
}

function newestFirst(a: Row, b: Row): number {
  if (a.sort_at !== b.sort_at) return b.sort_at - a.sort_at
  if (a.uri !== b.uri) return a.uri < b.uri ? 1 : -1
  return a.reason < b.reason ? 1 : -1
}

const MARKS = Array(REASON_COUNT).fill('?').join(',')

/** Leaves out reasons that are not wanted, and what is done to posts in threads that the viewer has muted. */
const WANTED = `n.reason IN (${MARKS})
  AND (n.reason NOT IN (${MARKS}) OR EXISTS (SELECT 1 FROM bsky_follow f WHERE f.did = n.did AND f.subject = n.author))
  AND (n.subject IS NULL
    OR NOT EXISTS (SELECT 1 FROM thread_mute m WHERE m.did = n.did)
    OR NOT EXISTS (SELECT 1 FROM thread_mute m WHERE m.did = n.did AND m.root =
      coalesce((SELECT p.reply_root FROM bsky_post p WHERE p.uri = n.subject), n.subject)))`

const TOLD = `SELECT n.sort_at, n.uri, n.reason, n.cid, n.author, n.subject FROM bsky_notification n
  WHERE n.did = ? AND (n.sort_at, n.uri, n.reason) < (?, ?, ?) AND ${WANTED}
  ORDER BY n.sort_at DESC, n.uri DESC, n.reason DESC LIMIT ?`

const UNREAD = `SELECT n.author FROM bsky_notification n WHERE n.did = ? AND n.sort_at > ? AND ${WANTED}
  ORDER BY n.sort_at DESC LIMIT ?`

/** Where the newest post stands, before a place, that a subscription tells of and nothing else does. */
const next = (subscription: string, at: string, uri: string): string =>
  `(SELECT n.sort_at, n.uri FROM bsky_feed_item n
    WHERE n.did = ${subscription}.did AND (n.sort_at, n.uri) < (${at}, ${uri}) AND n.sort_at >= ${subscription}.since
      AND n.flags & 32 = 0 AND CASE n.flags & 1 WHEN 0 THEN ${subscription}.post ELSE ${subscription}.reply END = 1
      AND NOT EXISTS (SELECT 1 FROM bsky_notification t
        WHERE t.did = ${subscription}.viewer AND t.sort_at = n.sort_at AND t.uri = n.uri)
    ORDER BY n.sort_at DESC, n.uri DESC LIMIT 1)`

/**
 * Merges the posts of all whom the viewer has subscribed to, as the home timeline does. Bits of bsky_feed_item.flags:
 * 1 reply, 32 repost. @NOTE SQLite; PostgreSQL orders no recursion, it has LATERAL.
 */
const POSTED = `
  WITH RECURSIVE subscription (viewer, did, post, reply, since) AS (
    SELECT did, subject, post, reply, max(created_at, ?) FROM activity_subscription WHERE did = ?),
  merged (viewer, did, post, reply, since, sort_at, uri) AS (
    SELECT s.*, i.sort_at, i.uri FROM subscription s CROSS JOIN bsky_feed_item i
      ON i.did = s.did AND (i.sort_at, i.uri) = ${next('s', '?', '?')}
    UNION ALL
    SELECT m.viewer, m.did, m.post, m.reply, m.since, i.sort_at, i.uri FROM merged m CROSS JOIN bsky_feed_item i
      ON i.did = m.did AND (i.sort_at, i.uri) = ${next('m', 'm.sort_at', 'm.uri')}
    ORDER BY 6 DESC, 7 DESC LIMIT ?)
  SELECT m.sort_at, m.uri, 'subscribed-post' AS reason, m.did AS author, NULL AS subject,
    (SELECT p.cid FROM bsky_post p WHERE p.uri = m.uri) AS cid FROM merged m`

const byAuthor = (lines: string): string => `SELECT author, count(*) AS count FROM (${lines}) l GROUP BY author`
