import type { Tx } from '../../modules/database/database.js'

/** The official reasons that a repository can cause; `subscribed-post` follows from account state when it is read. */
export type NotificationReason =
  | 'like'
  | 'repost'
  | 'follow'
  | 'mention'
  | 'reply'
  | 'quote'
  | 'starterpack-joined'
  | 'verified'
  | 'unverified'
  | 'like-via-repost'
  | 'repost-via-repost'

/** Which notifications an index files by record; a statement that looks for them there has to say so in these words. */
export const FOUND_BY_URI = "reason IN ('reply', 'mention', 'quote', 'unverified')"

/** Somebody is told that a record has done something to what is theirs. */
export interface Notification {
  /** Who is told. */
  did: string
  /** Who did it, by the record `uri`. */
  author: string
  uri: string
  cid: string
  reason: NotificationReason
  /** What it was done to; null for a follow. */
  subject: string | null
  sortAt: number
  indexedAt: number
}

/** Nobody is told of what they did themselves. */
export async function notify(tx: Tx, notification: Notification): Promise<void> {
  const { did, author, uri, cid, reason, subject, sortAt, indexedAt } = notification
  if (did === author) return
  await tx.run(
    `INSERT INTO bsky_notification (did, sort_at, uri, reason, cid, author, subject, indexed_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    did,
    sortAt,
    uri,
    reason,
    cid,
    author,
    subject,
    indexedAt,
  )
}

/** Takes a notification back. */
export async function withdraw(
  tx: Tx,
  { did, sortAt, uri, reason }: Pick<Notification, 'did' | 'sortAt' | 'uri' | 'reason'>,
): Promise<void> {
  await tx.run(
    'DELETE FROM bsky_notification WHERE did = ? AND sort_at = ? AND uri = ? AND reason = ?',
    did,
    sortAt,
    uri,
    reason,
  )
}
