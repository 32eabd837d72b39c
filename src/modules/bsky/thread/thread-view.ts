/** A thread as a tree: app.bsky.feed.defs#threadViewPost. */
import type {
  AppBskyFeedDefsBlockedPost,
  AppBskyFeedDefsNotFoundPost,
  AppBskyFeedDefsThreadViewPost,
  Typed,
} from '../../lexicon/types.js'
import { blockedPost, notFoundPost, postView } from '../views/post-view.js'
import { blockBetween, blockedByViewer, replyOf, violatesThreadgate } from './reply-rules.js'
import type { Thread } from './threads.js'

type Shown = Typed<AppBskyFeedDefsThreadViewPost>
type Stub = Typed<AppBskyFeedDefsNotFoundPost> | Typed<AppBskyFeedDefsBlockedPost>

/** The anchor with up to `height` posts above it, and the layers of replies that were read. */
export function threadView(thread: Thread, depth: number, height: number): Shown | Stub {
  const { anchor, h } = thread
  const view = postView(anchor, h)
  if (!view) return notFoundPost(anchor)
  const post = h.posts.get(anchor)!
  if (blockedByViewer(post, h)) return blockedPost(anchor, h)
  const context = contextOf(anchor, thread)
  if (violatesThreadgate(post)) return { $type: TYPE, post: view, ...context }
  const parent = parentView(anchor, thread, height, new Set([anchor]))
  const replies = repliesView(anchor, thread, depth)
  return { $type: TYPE, post: view, ...(parent && { parent }), ...(replies && { replies }), ...context }
}

const TYPE = 'app.bsky.feed.defs#threadViewPost'

/** What a post answers; undefined at the top, where the reach ends, and where another thread begins. */
function parentView(uri: string, thread: Thread, height: number, seen: Set<string>): Shown | Stub | undefined {
  const { h, root } = thread
  const post = h.posts.get(uri)!
  const parent = post.replyParent
  if (height < 1 || parent === null || seen.has(parent)) return undefined
  seen.add(parent)
  if (blockBetween(post, parent, h)) return blockedPost(parent, h)
  const view = postView(parent, h)
  if (!view) return notFoundPost(parent)
  const above = h.posts.get(parent)!
  if ((above.replyRoot ?? parent) !== root) return undefined
  if (blockedByViewer(above, h)) return blockedPost(parent, h)
  const grandparent = parentView(parent, thread, height - 1, seen)
  return { $type: TYPE, post: view, ...(grandparent && { parent: grandparent }), ...contextOf(parent, thread) }
}

function repliesView(uri: string, thread: Thread, depth: number): (Shown | Stub)[] | undefined {
  if (depth < 1) return undefined
  const { h } = thread
  return (thread.replies.get(uri) ?? []).flatMap((reply): (Shown | Stub)[] => {
    const post = replyOf(reply, thread)
    if (!post) return []
    if (blockedByViewer(post, h)) return [blockedPost(reply, h)]
    const view = postView(reply, h)
    if (!view) return []
    const replies = repliesView(reply, thread, depth - 1)
    return [{ $type: TYPE, post: view, ...(replies && { replies }), ...contextOf(reply, thread) }]
  })
}

function contextOf(uri: string, { rootLikes }: Thread): Pick<AppBskyFeedDefsThreadViewPost, 'threadContext'> {
  const rootAuthorLike = rootLikes.get(uri)
  return { threadContext: rootAuthorLike === undefined ? {} : { rootAuthorLike } }
}
