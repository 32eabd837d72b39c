/** Answers in short, as the checks write down what is to be seen. */
import type { Answer } from './cast.js'

export function uris(list: Answer[]): string[] {
  return list.map(({ uri }) => uri)
}

export function dids(list: Answer[]): string[] {
  return list.map(({ did }) => did)
}

/** A line of a feed: the post, the repost that brings it, or the pin. */
export function feed({ feed }: Answer): string[] {
  return feed.map(({ post, reason }: Answer) => {
    if (reason?.$type.endsWith('#reasonPin')) return `pinned ${post.uri}`
    return reason ? reason.uri : post.uri
  })
}

/** Posts that answer something, with what their parent and root are shown as. */
export function replies({ feed }: Answer): string[] {
  return feed
    .filter(({ reply }: Answer) => reply)
    .map(({ post, reply: { parent, root } }: Answer) => `${post.uri} to ${shownAs(parent)} under ${shownAs(root)}`)
}

/** A post, or the stub that stands for it. */
export function shownAs({ $type, uri }: Answer): string {
  const [, kind] = $type.split('#')
  if (kind === 'postView' || kind === 'viewRecord') return uri
  return `${kind.replace(/^view|Post$/g, '').toLowerCase()} ${uri}`
}

/** What a post embeds: kinds, and of records what they are shown as. */
export function embed(view: Answer): string {
  if (!view) return 'nothing'
  const kind = view.$type.replace(/^app\.bsky\.embed\./, '').replace(/#view$/, '')
  if (kind === 'images') return `${view.images.length} images`
  if (kind === 'record') return quoted(view.record)
  if (kind === 'recordWithMedia') return `${quoted(view.record.record)} with ${embed(view.media)}`
  if (kind === 'external') return view.external.uri
  return kind
}

function quoted(record: Answer): string {
  const inner = record.embeds?.map(embed).join(', ')
  return `${shownAs({ ...record, $type: record.$type.replace(/(feed|graph|labeler)\.defs#.*/, '#viewRecord') })}${inner ? ` (${inner})` : ''}`
}

/** What a viewer has done with a post and may not do. */
export function postState({ viewer = {} }: Answer): string[] {
  return Object.entries(viewer).flatMap(([key, value]) =>
    value === false ? [] : value === true ? key : `${key}: ${String(value)}`,
  )
}

/** Counts of a post: likes, reposts, replies, quotes. */
export function counts({ likeCount, repostCount, replyCount, quoteCount }: Answer): string {
  return `${likeCount} likes, ${repostCount} reposts, ${replyCount} replies, ${quoteCount} quotes`
}

/** A thread, a line a post, indented as it is nested: what is above, the anchor in brackets, and what is below. */
export function thread({ thread }: Answer): string[] {
  const above: string[] = []
  for (let node = thread.parent; node; node = node.parent) above.unshift(label(node))
  return [...above, `[${label(thread)}]`, ...below(thread, 1)]
}

function below({ replies = [] }: Answer, depth: number): string[] {
  return replies.flatMap((reply: Answer) => [`${'- '.repeat(depth)}${label(reply)}`, ...below(reply, depth + 1)])
}

function label(node: Answer): string {
  return node.post ? node.post.uri : shownAs(node)
}

/** A flat thread: depth, and post or stub. */
export function flat({ thread }: Answer): string[] {
  return thread.map(({ uri, depth, value }: Answer) => {
    const kind = value.$type.split('#threadItem')[1]
    return `${depth} ${kind === 'Post' ? '' : `${kind.toLowerCase()} `}${uri}`
  })
}

/** How somebody stands to the viewer. */
export function standing({ viewer = {} }: Answer): string[] {
  return Object.entries(viewer).flatMap(([key, value]: [string, Answer]) => {
    if (value === false) return []
    if (value === true) return key
    if (key === 'knownFollowers') return `${value.count} known: ${dids(value.followers).join(' ')}`
    if (key === 'activitySubscription') return `subscribed to ${value.reply ? 'posts and replies' : 'posts'}`
    return `${key}: ${value.uri ?? value}`
  })
}

export function labels({ labels = [] }: Answer): string[] {
  return labels.map(({ src, val }: Answer) => `${val} by ${src}`)
}

/** What somebody is told: why, by which record, about what; what is not read has a star. */
export function notifications({ notifications }: Answer): string[] {
  return notifications.map(
    ({ reason, reasonSubject, isRead, uri }: Answer) =>
      `${isRead ? '' : '* '}${reason} ${uri}${reasonSubject ? ` of ${reasonSubject}` : ''}`,
  )
}
