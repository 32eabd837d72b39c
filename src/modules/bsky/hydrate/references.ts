import type { AppBskyFeedPost } from '../../lexicon/types.js'

/** The repository that an at-uri is in; null for what is no at-uri of a DID. */
export function didOf(uri: string): string | null {
  if (!uri.startsWith('at://did:')) return null
  const slash = uri.indexOf('/', 5)
  return slash < 0 ? uri.slice(5) : uri.slice(5, slash)
}

/** The collection of an at-uri; empty for a whole repository. */
export function collectionOf(uri: string): string {
  return uri.split('/')[3] ?? ''
}

/** What a post embeds by reference: none or one at-uri today, whatever its collection. */
export function embedsOf({ embed }: Pick<AppBskyFeedPost, 'embed'>): string[] {
  if (embed?.$type === 'app.bsky.embed.record') return [embed.record.uri]
  if (embed?.$type === 'app.bsky.embed.recordWithMedia') return [embed.record.record.uri]
  return []
}
