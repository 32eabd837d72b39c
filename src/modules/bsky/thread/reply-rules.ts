/** Which posts of a thread are shown to whom. */
import type { Hydration } from '../hydrate/hydration.js'
import type { Post } from '../hydrate/posts.js'
import { didOf } from '../../../projections/at-uri.js'
import { blocks, mutes, pairKey } from '../hydrate/relationships.js'
import { awaitsReview } from '../views/label-view.js'
import { shownPost } from '../views/post-view.js'
import { GateFlag } from '../../../projections/feed/post-flags.js'
import type { Thread } from './threads.js'

/** A post that goes against its thread's gate is shown by itself, without what is around it. */
export function violatesThreadgate({ gated }: Post): boolean {
  return (gated & GateFlag.threadgate) !== 0
}

/** A block between two who meet in a thread, whoever looks. */
export function blockBetween(post: Post, other: string, { blocks }: Hydration): boolean {
  const did = didOf(other)
  return did !== null && blocks.has(pairKey(post.did, did))
}

/** The post under a reply's at-uri, where it belongs to the thread and may be shown; blocks of the viewer aside. */
export function replyOf(uri: string, { root, h }: Thread): Post | undefined {
  const post = shownPost(uri, h)
  if (!post || violatesThreadgate(post) || (post.replyRoot ?? uri) !== root) return undefined
  if (post.replyParent && blockBetween(post, post.replyParent, h)) return undefined
  return isAwaitingReview(post, h) ? undefined : post
}

/** Why a reply to the anchor is not among the first that are shown. */
export interface Aside {
  hiddenByThreadgate: boolean
  mutedByViewer: boolean
}

/** Replies that the author of the root has hidden, those of accounts that the viewer mutes, and pins; null for all others. */
export function asideOf(post: Post, { root, h }: Thread): Aside | null {
  const gate = h.posts.get(root)?.threadgate
  const hiddenByThreadgate = post.did !== h.context.viewer && (gate?.value.hiddenReplies?.includes(post.uri) ?? false)
  const mutedByViewer = mutes(h.relationships.get(post.did))
  const isPin = post.value.text.trim() === PIN
  return hiddenByThreadgate || mutedByViewer || isPin ? { hiddenByThreadgate, mutedByViewer } : null
}

/** How people bookmarked before there were bookmarks. */
const PIN = '📌'

/** A block between the viewer and the author of a post. */
export function blockedByViewer(post: Post, h: Hydration): boolean {
  return blocks(h.relationships.get(post.did))
}

/** What a labeler wants to look at first is shown among replies to its author and their followers alone. */
function isAwaitingReview(post: Post, h: Hydration): boolean {
  const { viewer } = h.context
  if (post.did === viewer || h.relationships.get(post.did)?.following != null) return false
  return awaitsReview(post.labels, h, post) || awaitsReview(h.actors.get(post.did)?.labels ?? [], h, null)
}
