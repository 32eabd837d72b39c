/** Posts as they are shown: app.bsky.feed.defs. */
import type {
  AppBskyActorDefsProfileViewBasic,
  AppBskyFeedDefsBlockedPost,
  AppBskyFeedDefsFeedViewPost,
  AppBskyFeedDefsNotFoundPost,
  AppBskyFeedDefsPostView,
  AppBskyFeedDefsReplyRef,
  AppBskyFeedDefsThreadgateView,
  AppBskyFeedDefsViewerState,
  Typed,
} from '../../lexicon/types.js'
import { GateFlag } from '../../../projections/feed/post-flags.js'
import { Fields, shared } from '../../xrpc/json.js'
import type { Hydration } from '../hydrate/hydration.js'
import type { Post, PostBeginning } from '../hydrate/posts.js'
import { didOf } from '../../../projections/at-uri.js'
import { blocks } from '../hydrate/relationships.js'
import { embedView } from './embed-view.js'
import { isoTime, labelsView } from './label-view.js'
import { profileViewBasic, viewerState } from './profile-view.js'
import { shownRecord } from './shown.js'
import { listViewBasic } from './list-view.js'

/** A line of a feed. */
export interface FeedItem {
  post: string
  /** At-uri of the repost that brings the post here. */
  repost?: string
  /** The author has pinned it. */
  pinned?: boolean
  feedContext?: string
}

/** The post under an at-uri when it may be shown at all: here, not taken down, its author shown. */
export function shownPost(uri: string, h: Hydration): Post | undefined {
  return shownRecord(h.posts.get(uri), h)
}

/** app.bsky.feed.defs#postView; undefined for what is not shown. Blocks are the caller's matter. */
export function postView(uri: string, h: Hydration): AppBskyFeedDefsPostView | undefined {
  const { posts } = h.made
  if (!posts.has(uri)) posts.set(uri, makePost(uri, h))
  return posts.get(uri)
}

function makePost(uri: string, h: Hydration): AppBskyFeedDefsPostView | undefined {
  const post = shownPost(uri, h)
  const author = post && profileViewBasic(post.did, h)
  if (!author) return undefined
  const beginning = beginningOf(post)
  const view: AppBskyFeedDefsPostView = {
    ...beginning.value,
    author,
    labels: labelsView(post.labels, h, post, post.did),
  }
  const embed = embedView(post.value.embed, uri, post.did, h)
  if (embed) view.embed = embed
  const viewer = postViewerState(post, h)
  if (viewer) view.viewer = viewer
  const threadgate = threadgateView(post, h)
  if (threadgate) view.threadgate = threadgate
  return shared(view, beginning)
}

function beginningOf(post: Post): Fields<PostBeginning> {
  return (post.beginning ??= new Fields({
    uri: post.uri,
    cid: post.cid,
    record: post.value as unknown as Record<string, unknown>,
    replyCount: post.replies,
    repostCount: post.reposts,
    likeCount: post.likes,
    quoteCount: post.quotes,
    bookmarkCount: post.bookmarks,
    indexedAt: isoTime(post.indexedAt),
  }))
}

/** A post, or the stub that stands for one that is not there or behind a block. */
export function postOrStub(
  uri: string,
  h: Hydration,
): Typed<AppBskyFeedDefsPostView> | Typed<AppBskyFeedDefsNotFoundPost> | Typed<AppBskyFeedDefsBlockedPost> {
  const author = didOf(uri)
  if (author && h.posts.has(uri) && blocks(h.relationships.get(author))) return blockedPost(uri, h)
  const { typedPosts } = h.made
  let view = typedPosts.get(uri)
  if (!view) {
    const post = postView(uri, h)
    if (!post) return notFoundPost(uri)
    view = shared<Typed<AppBskyFeedDefsPostView>>({ ...post, $type: POST_VIEW }, h.posts.get(uri)!.beginning)
    typedPosts.set(uri, view)
  }
  return view
}

const POST_VIEW = 'app.bsky.feed.defs#postView'

export function notFoundPost(uri: string): Typed<AppBskyFeedDefsNotFoundPost> {
  return { $type: 'app.bsky.feed.defs#notFoundPost', uri, notFound: true }
}

export function blockedPost(uri: string, h: Hydration): Typed<AppBskyFeedDefsBlockedPost> {
  const did = didOf(uri) ?? ''
  const state = viewerState(did, h)
  const viewer = state && { blockedBy: state.blockedBy, ...(state.blocking && { blocking: state.blocking }) }
  return { $type: 'app.bsky.feed.defs#blockedPost', uri, blocked: true, author: { did, ...(viewer && { viewer }) } }
}

/** app.bsky.feed.defs#feedViewPost; undefined when the post or its reposter is not shown. */
export function feedViewPost(item: FeedItem, h: Hydration): AppBskyFeedDefsFeedViewPost | undefined {
  const post = postView(item.post, h)
  if (!post) return undefined
  const reason = reasonOf(item, h)
  if (reason === null) return undefined
  const reply = replyRef(item.post, h)
  return {
    post: item.pinned ? { ...post, viewer: post.viewer && { ...post.viewer, pinned: true } } : post,
    ...(reason && { reason }),
    ...(reply && { reply }),
    ...(item.feedContext !== undefined && { feedContext: item.feedContext }),
  } as AppBskyFeedDefsFeedViewPost
}

/** Undefined: none is needed. Null: the one who brings the post here is not shown. */
function reasonOf({ repost, pinned }: FeedItem, h: Hydration): AppBskyFeedDefsFeedViewPost['reason'] | null {
  if (pinned) return { $type: 'app.bsky.feed.defs#reasonPin' }
  if (repost === undefined) return undefined
  const found = h.reposts.get(repost)
  const by = found && profileViewBasic(found.did, h)
  if (!by) return null
  return {
    $type: 'app.bsky.feed.defs#reasonRepost',
    by,
    uri: found.uri,
    cid: found.cid,
    indexedAt: isoTime(found.indexedAt),
  }
}

/** What a reply answers, each as far as it may be shown; undefined for a post that is no reply. */
function replyRef(uri: string, h: Hydration): AppBskyFeedDefsReplyRef | undefined {
  const post = h.posts.get(uri)!
  if (!post.replyParent || !post.replyRoot || post.gated & GateFlag.threadgate) return undefined
  const parent = meetingPost(post.replyParent, [post.did], h)
  const root = meetingPost(post.replyRoot, [post.did, didOf(post.replyParent)], h)
  const grandparent = parent.$type === 'app.bsky.feed.defs#postView' && parentAuthorOf(post.replyParent, h)
  return { root, parent, ...(grandparent && { grandparentAuthor: grandparent }) }
}

/** A post as shown beside some of `authors`: a block between these and its own hides it as one with the viewer does. */
function meetingPost(uri: string, authors: readonly (string | null)[], h: Hydration): ReturnType<typeof postOrStub> {
  const other = didOf(uri)
  const isBlocked = other && h.posts.has(uri) && authors.some((did) => did && h.areBlocked(did, other))
  return isBlocked ? blockedPost(uri, h) : postOrStub(uri, h)
}

function parentAuthorOf(uri: string, h: Hydration): AppBskyActorDefsProfileViewBasic | undefined {
  const grandparent = h.posts.get(uri)?.replyParent
  const did = grandparent && didOf(grandparent)
  return did ? profileViewBasic(did, h) : undefined
}

/** What the viewer has done with a post and may do; undefined when nobody is looking. */
function postViewerState(post: Post, h: Hydration): AppBskyFeedDefsViewerState | undefined {
  const state = h.postViewers.get(post.uri)
  if (h.context.viewer === null || !state) return undefined
  const isOwn = post.did === h.context.viewer
  const rules = post.postgate?.value.embeddingRules
  const view: AppBskyFeedDefsViewerState = {}
  if (state.repost !== null) view.repost = state.repost
  if (state.like !== null) view.like = state.like
  view.bookmarked = state.bookmarked
  view.threadMuted = state.threadMuted
  if (!mayReply(post, h)) view.replyDisabled = true
  view.embeddingDisabled =
    !isOwn && (rules?.some(({ $type }) => $type === 'app.bsky.feed.postgate#disableRule') ?? false)
  if (isOwn && h.actors.get(post.did)?.profile?.value.pinnedPost?.uri === post.uri) view.pinned = true
  return view
}

/** Whether the gate of the thread lets the viewer reply (app.bsky.feed.threadgate). */
function mayReply(post: Post, h: Hydration): boolean {
  const viewer = h.context.viewer!
  const root = post.replyRoot ? h.posts.get(post.replyRoot) : post
  const allow = root?.threadgate?.value.allow
  if (!root || !allow || root.did === viewer) return true
  const relationship = h.relationships.get(root.did)
  return allow.some((rule) => {
    switch (rule.$type) {
      case 'app.bsky.feed.threadgate#mentionRule':
        return root.value.facets?.some(({ features }) =>
          features.some((feature) => feature.$type === 'app.bsky.richtext.facet#mention' && feature.did === viewer),
        )
      case 'app.bsky.feed.threadgate#followerRule':
        return relationship?.following != null
      case 'app.bsky.feed.threadgate#followingRule':
        return relationship?.followedBy != null
      case 'app.bsky.feed.threadgate#listRule':
        return h.memberOf.has(rule.list)
      default:
        return false
    }
  })
}

/** app.bsky.feed.defs#threadgateView: the gate of the thread that a post begins. */
export function threadgateView(
  { threadgate, replyRoot }: Post,
  h: Hydration,
): AppBskyFeedDefsThreadgateView | undefined {
  if (!threadgate || replyRoot !== null) return undefined
  const lists = (threadgate.value.allow ?? []).flatMap((rule) =>
    rule.$type === 'app.bsky.feed.threadgate#listRule' ? (listViewBasic(rule.list, h) ?? []) : [],
  )
  return {
    uri: threadgate.uri,
    cid: threadgate.cid,
    record: threadgate.value as unknown as Record<string, unknown>,
    lists,
  }
}
