/** A thread as a list: app.bsky.unspecced.getPostThreadV2 and getPostThreadOtherV2. */
import type {
  AppBskyFeedDefsPostView,
  AppBskyUnspeccedDefsThreadItemPost,
  AppBskyUnspeccedGetPostThreadOtherV2ThreadItem,
  AppBskyUnspeccedGetPostThreadV2ThreadItem,
  Typed,
} from '../../lexicon/types.js'
import { didOf } from '../../../projections/at-uri.js'
import type { Post } from '../hydrate/posts.js'
import { blockedPost, postView } from '../views/post-view.js'
import { asideOf, blockBetween, blockedByViewer, replyOf, violatesThreadgate } from './reply-rules.js'
import type { Thread } from './threads.js'

type Item = AppBskyUnspeccedGetPostThreadV2ThreadItem
type PostItem = Typed<AppBskyUnspeccedDefsThreadItemPost>

/** How a thread is laid out. */
export interface Layout {
  above: number
  below: number
  /** Replies that are shown of a reply. Of the anchor all are. */
  branchingFactor: number
  /** `newest`, `oldest`, `top`; anything else is newest. */
  sort: string
  /** The numbered posts of the author of the root ({@link Threads.chain}). */
  chain: readonly string[]
}

/** The items of a thread: what is above the anchor from the top down, the anchor, then each reply before those to it. */
export function flatThread(thread: Thread, layout: Layout): { thread: Item[]; hasOtherReplies: boolean } {
  const { anchor, h } = thread
  const view = postView(anchor, h)
  const post = h.posts.get(anchor)
  if (!view || !post) return { thread: [stub(anchor, 0, NOT_FOUND)], hasOtherReplies: false }
  if (blockedByViewer(post, h)) return { thread: [blockedItem(anchor, 0, thread)], hasOtherReplies: false }
  const isolated = violatesThreadgate(post)
  const above = isolated ? NOTHING_ABOVE : itemsAbove(anchor, thread, layout, -1, new Set([anchor]))
  const opThread = above.opThread && isByRootAuthor(post, thread)
  if (wantsSignIn(view, thread))
    return { thread: [...above.items, stub(anchor, 0, NO_UNAUTHENTICATED)], hasOtherReplies: false }
  const items = [...above.items, postItem(view, 0, layout, { opThread })]
  const hasOtherReplies = !isolated && addReplies(items, anchor, thread, layout, 1, opThread)
  return { thread: items, hasOtherReplies }
}

/** The replies to the anchor that {@link flatThread} leaves aside. */
export function otherReplies(thread: Thread): AppBskyUnspeccedGetPostThreadOtherV2ThreadItem[] {
  const { anchor, h } = thread
  const post = h.posts.get(anchor)
  if (!post || !postView(anchor, h) || blockedByViewer(post, h)) return []
  const aside = visibleReplies(anchor, thread).flatMap((reply) => {
    const reasons = asideOf(reply.post, thread)
    return reasons ? [{ ...reply, ...reasons }] : []
  })
  const rank = ({ post, hiddenByThreadgate, mutedByViewer }: (typeof aside)[number]): number =>
    nearness(post, thread, mutedByViewer ? 5 : hiddenByThreadgate ? 4 : 3)
  return aside
    .sort((a, b) => rank(a) - rank(b) || newest(a.post, b.post))
    .map(({ post: { uri }, view, hiddenByThreadgate, mutedByViewer }) => ({
      uri,
      depth: 1,
      value: {
        $type: POST,
        post: view,
        moreParents: false,
        moreReplies: 0,
        opThread: false,
        hiddenByThreadgate,
        mutedByViewer,
      },
    }))
}

const POST = 'app.bsky.unspecced.defs#threadItemPost'
const NOT_FOUND = { $type: 'app.bsky.unspecced.defs#threadItemNotFound' } as const
const NO_UNAUTHENTICATED = { $type: 'app.bsky.unspecced.defs#threadItemNoUnauthenticated' } as const

interface Above {
  items: Item[]
  /** All that is above the anchor, up to the root or the end of the reach, is by the author of the root. */
  opThread: boolean
}

const NOTHING_ABOVE: Above = { items: [], opThread: true }

function itemsAbove(uri: string, thread: Thread, layout: Layout, depth: number, seen: Set<string>): Above {
  const { h, root } = thread
  const post = h.posts.get(uri)!
  const parent = post.replyParent
  if (-depth > layout.above || parent === null || seen.has(parent)) return NOTHING_ABOVE
  seen.add(parent)
  const view = postView(parent, h)
  const above = h.posts.get(parent)
  if (!view || !above) return { items: [stub(parent, depth, NOT_FOUND)], opThread: false }
  if ((above.replyRoot ?? parent) !== root) return NOTHING_ABOVE
  if (blockedByViewer(above, h) || blockBetween(post, parent, h))
    return { items: [blockedItem(parent, depth, thread)], opThread: false }
  const further = itemsAbove(parent, thread, layout, depth - 1, seen)
  const opThread = further.opThread && isByRootAuthor(above, thread)
  const moreParents = above.replyParent !== null && further.items.length === 0
  const item = wantsSignIn(view, thread)
    ? stub(parent, depth, NO_UNAUTHENTICATED)
    : postItem(view, depth, layout, { opThread, moreParents, moreReplies: 0 })
  return { items: [...further.items, item], opThread }
}

/** Adds the replies to a post, each followed by those to it. Whether any of them is left aside. */
function addReplies(
  items: Item[],
  uri: string,
  thread: Thread,
  layout: Layout,
  depth: number,
  opThread: boolean,
): boolean {
  if (depth > layout.below) return false
  const replies = visibleReplies(uri, thread)
  const shown = replies.filter(({ post }) => !asideOf(post, thread))
  shown.sort((a, b) => compare(a.post, b.post, thread, layout.sort))
  for (const { post, view } of depth === 1 ? shown : shown.slice(0, layout.branchingFactor)) {
    const continues = opThread && isByRootAuthor(post, thread)
    const allowance = depth === layout.below ? 0 : layout.branchingFactor
    const moreReplies = Math.max((view.replyCount ?? 0) - allowance, 0)
    items.push(postItem(view, depth, layout, { opThread: continues, moreReplies }))
    addReplies(items, post.uri, thread, layout, depth + 1, continues)
  }
  return shown.length < replies.length
}

interface VisibleReply {
  post: Post
  view: AppBskyFeedDefsPostView
}

function visibleReplies(uri: string, thread: Thread): VisibleReply[] {
  const { h } = thread
  return (thread.replies.get(uri) ?? []).flatMap((reply) => {
    const post = replyOf(reply, thread)
    if (!post || blockedByViewer(post, h)) return []
    const view = postView(reply, h)
    return view && !wantsSignIn(view, thread) ? [{ post, view }] : []
  })
}

/** The author of the root first, then the viewer, then those whom the viewer follows; within these as is asked for. */
function compare(a: Post, b: Post, thread: Thread, sort: string): number {
  const nearer = nearness(a, thread, stranger(a, thread)) - nearness(b, thread, stranger(b, thread))
  if (nearer !== 0) return nearer
  if (sort === 'oldest') return newest(b, a)
  return (sort === 'top' ? popularity(b, thread) - popularity(a, thread) : 0) || newest(a, b)
}

function nearness({ did }: Post, { root, h }: Thread, otherwise: number): number {
  return did === didOf(root) ? 0 : did === h.context.viewer ? 1 : otherwise
}

function stranger({ did }: Post, { h }: Thread): number {
  return h.relationships.get(did)?.following == null ? 3 : 2
}

function newest(a: Post, b: Post): number {
  return b.sortAt - a.sortAt || (a.uri < b.uri ? 1 : -1)
}

/** A like by the author of the root counts for more. */
function popularity({ uri, likes }: Post, { rootLikes }: Thread): number {
  return Math.log(3 + likes) * (rootLikes.has(uri) ? 1.45 : 1)
}

function isByRootAuthor({ did }: Post, { root }: Thread): boolean {
  return did === didOf(root)
}

/** Whether the author wishes to be seen by those alone who are signed in, and nobody is. */
function wantsSignIn({ author }: AppBskyFeedDefsPostView, { h }: Thread): boolean {
  return h.context.viewer === null && (author.labels ?? []).some(({ val }) => val === '!no-unauthenticated')
}

function postItem(
  post: AppBskyFeedDefsPostView,
  depth: number,
  { chain }: Layout,
  {
    opThread,
    moreParents = false,
    moreReplies = 0,
  }: { opThread: boolean; moreParents?: boolean; moreReplies?: number },
): Item {
  const index = opThread ? chain.indexOf(post.uri) + 1 : 0
  const value: PostItem = {
    $type: POST,
    post,
    moreParents,
    moreReplies,
    opThread,
    ...(index > 0 && { opThreadPostIndex: index, opThreadPostCount: chain.length }),
    hiddenByThreadgate: false,
    mutedByViewer: false,
  }
  return { uri: post.uri, depth, value }
}

function stub(uri: string, depth: number, value: typeof NOT_FOUND | typeof NO_UNAUTHENTICATED): Item {
  return { uri, depth, value: { ...value } }
}

function blockedItem(uri: string, depth: number, { h }: Thread): Item {
  const { author } = blockedPost(uri, h)
  return { uri, depth, value: { $type: 'app.bsky.unspecced.defs#threadItemBlocked', author } }
}
