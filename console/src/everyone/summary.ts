/** A record in one line, for lists of them. Records are whatever somebody wrote: nothing in them has to be what it should be. */

export type RecordValue = Record<string, unknown>

const LENGTH = 300

/** What a record of a known kind says; of any other, the names of what is in it. */
export function summaryOf(collection: string, value: RecordValue): string {
  return cut(own(SUMMARIES, collection)?.(value) || contents(value))
}

const SUMMARIES: Record<string, (value: RecordValue) => string> = {
  'app.bsky.feed.post': (post) => {
    const embedded = own(EMBEDS, text(at(post, 'embed', '$type')))
    return [post.reply ? 'Reply:' : '', text(post.text), embedded ? `[${embedded}]` : ''].filter(Boolean).join(' ')
  },
  'app.bsky.feed.like': (like) => `Likes ${text(at(like, 'subject', 'uri'))}`,
  'app.bsky.feed.repost': (repost) => `Reposts ${text(at(repost, 'subject', 'uri'))}`,
  'app.bsky.feed.generator': (feed) => `Feed: ${text(feed.displayName)}`,
  'app.bsky.feed.threadgate': (gate) => `Limits replies to ${text(gate.post)}`,
  'app.bsky.feed.postgate': (gate) => `Limits quotes of ${text(gate.post)}`,
  'app.bsky.graph.follow': (follow) => `Follows ${text(follow.subject)}`,
  'app.bsky.graph.block': (block) => `Blocks ${text(block.subject)}`,
  'app.bsky.graph.list': (list) => `List: ${text(list.name)}`,
  'app.bsky.graph.listitem': (item) => `Puts ${text(item.subject)} on ${text(item.list)}`,
  'app.bsky.graph.listblock': (block) => `Blocks the list ${text(block.subject)}`,
  'app.bsky.graph.starterpack': (pack) => `Starter pack: ${text(pack.name)}`,
  'app.bsky.graph.verification': (verification) => `Verifies ${text(verification.handle)}`,
  'app.bsky.actor.profile': (profile) =>
    [text(profile.displayName), text(profile.description)].filter(Boolean).join(': '),
  'app.bsky.actor.status': (status) => `Status: ${text(status.status)}`,
  'app.bsky.labeler.service': () => 'Labels for others',
  'chat.bsky.actor.declaration': (chat) => `Takes messages from ${text(chat.allowIncoming)}`,
}

const EMBEDS: Record<string, string> = {
  'app.bsky.embed.images': 'images',
  'app.bsky.embed.video': 'video',
  'app.bsky.embed.external': 'link',
  'app.bsky.embed.record': 'quote',
  'app.bsky.embed.recordWithMedia': 'quote with media',
}

/** What is in a table, and not what every object has. */
function own<Value>(table: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

function contents(value: RecordValue): string {
  const names = Object.keys(value).filter((name) => name !== '$type')
  return names.length > 0 ? `Has ${names.slice(0, 20).join(', ')}` : 'Has nothing'
}

function at(value: unknown, ...way: string[]): unknown {
  return way.reduce<unknown>((inside, name) => (inside as RecordValue | undefined | null)?.[name], value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LENGTH + 1) : ''
}

function cut(line: string): string {
  const flat = line.replace(/\s+/g, ' ').trim()
  return flat.length > LENGTH ? `${flat.slice(0, LENGTH)}…` : flat
}
