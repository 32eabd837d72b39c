/** What is shown, in the words of October 2022. Undefined properties are not written. */
import type {
  AppBskyActorDefsProfileViewDetailed,
  AppBskyFeedDefsFeedViewPost,
  AppBskyFeedDefsPostView,
  AppBskyFeedDefsThreadViewPost,
  AppBskyNotificationListNotificationsNotification,
} from '../lexicon/types.js'

export interface User {
  did: string
  name: string
  displayName?: string
}

export type Embed =
  | { type: 'record'; author: User; record: object }
  | { type: 'external'; uri: string; title: string; description: string; imageUri: string }
  /** Anything else. */
  | { type: string }

export interface Post {
  uri: string
  cid: string
  author: User
  record: object
  embed?: Embed
  replyCount: number
  repostCount: number
  likeCount: number
  indexedAt: string
  /** Absent when nobody is looking. */
  myState?: { repost?: string; like?: string }
}

export interface FeedItem extends Post {
  repostedBy?: User
}

export interface ThreadPost extends Post {
  parent?: ThreadPost
  replies?: ThreadPost[]
}

export interface Profile extends User {
  description?: string
  followersCount: number
  followsCount: number
  postsCount: number
  pinnedBadges: never[]
  /** Absent when nobody is looking. */
  myState?: { follow?: string }
}

export interface Notification {
  uri: string
  cid: string
  author: User
  reason: string
  reasonSubject?: string
  record: object
  isRead: boolean
  indexedAt: string
}

export function userView({ did, handle, displayName }: { did: string; handle: string; displayName?: string }): User {
  return { did, name: handle, displayName }
}

/** Badges live on as verifications, which nobody pins. */
export function profileView(profile: AppBskyActorDefsProfileViewDetailed): Profile {
  const { description, followersCount = 0, followsCount = 0, postsCount = 0, viewer } = profile
  return {
    ...userView(profile),
    description,
    followersCount,
    followsCount,
    postsCount,
    pinnedBadges: [],
    myState: viewer && { follow: viewer.following },
  }
}

/** There were no pins in 2022: a pinned post is one like any other. */
export function feedItemView({ post, reason }: AppBskyFeedDefsFeedViewPost): FeedItem {
  return { ...postView(post), repostedBy: reason && 'by' in reason ? userView(reason.by) : undefined }
}

/** Nor were there stubs: what is not there or behind a block is left out, above as below. */
export function threadView({ post, parent, replies }: AppBskyFeedDefsThreadViewPost): ThreadPost {
  return {
    ...postView(post),
    parent: parent && 'post' in parent ? threadView(parent) : undefined,
    replies: replies?.flatMap((reply) => ('post' in reply ? threadView(reply) : [])),
  }
}

export function notificationView(notification: AppBskyNotificationListNotificationsNotification): Notification {
  const { uri, cid, author, reason, reasonSubject, record, isRead, indexedAt } = notification
  return {
    uri,
    cid,
    author: userView(author),
    reason: REASONS.get(reason) ?? reason,
    reasonSubject,
    record,
    isRead,
    indexedAt,
  }
}

/**
 * The reasons that 2022 had another word for. Others have come since; they stay as they are, so that what is counted is
 * listed: a client of 2022 knows that there may be more than it expects.
 */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['verified', 'badge'],
  ['quote', 'mention'],
  ['like-via-repost', 'like'],
  ['repost-via-repost', 'repost'],
])

function postView(post: AppBskyFeedDefsPostView): Post {
  const { uri, cid, author, record, embed, replyCount = 0, repostCount = 0, likeCount = 0, indexedAt, viewer } = post
  return {
    uri,
    cid,
    author: userView(author),
    record,
    embed: embed && embedView(embed),
    replyCount,
    repostCount,
    likeCount,
    indexedAt,
    myState: viewer && { repost: viewer.repost, like: viewer.like },
  }
}

/** A quoted post beside media is the quoted post; a link card without an image has an empty `imageUri`. */
function embedView(embed: NonNullable<AppBskyFeedDefsPostView['embed']>): Embed {
  if ('external' in embed) {
    const { uri, title, description, thumb = '' } = embed.external
    return { type: 'external', uri, title, description, imageUri: thumb }
  }
  const quoted = 'media' in embed ? embed.record.record : 'record' in embed ? embed.record : undefined
  if (quoted && 'value' in quoted) return { type: 'record', author: userView(quoted.author), record: quoted.value }
  return { type: embed.$type }
}
