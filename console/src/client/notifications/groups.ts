import type { AppBskyNotificationListNotifications } from '@atproto/api'

export type Notification = AppBskyNotificationListNotifications.Notification

/** Notifications that say the same of the same thing: the likes of one post, new followers. The newest is first. */
export interface Group<Item> {
  key: string
  reason: string
  items: Item[]
  isUnread: boolean
}

/** What one likes to read of at once; anything else has something of its own to say. */
const JOINED = new Set(['like', 'repost', 'like-via-repost', 'repost-via-repost', 'follow'])
/** What is further apart is told apart. */
const MOST_APART_MS = 2 * 86_400_000

/** Groups them in their order: each stands where its newest does. */
export function groupsOf<Item extends { notification: Notification }>(items: Item[]): Group<Item>[] {
  const groups: Group<Item>[] = []
  const open = new Map<string, Group<Item>>()
  for (const item of items) {
    const { reason, reasonSubject = '', isRead, uri, indexedAt } = item.notification
    const key = JOINED.has(reason) ? `${reason} ${reasonSubject} ${isRead}` : `${reason} ${uri}`
    const group = open.get(key)
    if (group && Date.parse(group.items[0]!.notification.indexedAt) - Date.parse(indexedAt) < MOST_APART_MS)
      group.items.push(item)
    else {
      const begun = { key: `${key} ${indexedAt}`, reason, items: [item], isUnread: !isRead }
      groups.push(begun)
      open.set(key, begun)
    }
  }
  return groups
}

const WORDS: Record<string, string> = {
  like: 'liked your post',
  repost: 'reposted your post',
  'like-via-repost': 'liked your repost',
  'repost-via-repost': 'reposted your repost',
  follow: 'followed you',
  mention: 'mentioned you',
  reply: 'replied to you',
  quote: 'quoted your post',
  'subscribed-post': 'posted',
  'starterpack-joined': 'joined by your starter pack',
  verified: 'verified you',
  unverified: 'took back their verification of you',
  'contact-match': 'is among your contacts, and here',
}

/** What somebody did, after their names. */
export function wordsOf(reason: string): string {
  return WORDS[reason] ?? `(${reason})`
}

/** Whether the record that a notification tells of is a post to read. */
export function isPost(reason: string): boolean {
  return ['reply', 'mention', 'quote', 'subscribed-post'].includes(reason)
}
