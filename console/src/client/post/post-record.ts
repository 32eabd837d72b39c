import type { AppBskyFeedPost, AppBskyRichtextFacet, ComAtprotoRepoStrongRef } from '@atproto/api'

/** What is read of a post. A record may be anything; what is not as it should be is left out. */
export interface PostRecord {
  text: string
  facets: AppBskyRichtextFacet.Main[]
  reply?: { root: ComAtprotoRepoStrongRef.Main; parent: ComAtprotoRepoStrongRef.Main }
  langs?: string[]
}

/** The post that a record is, or null. */
export function postOf(record: Record<string, unknown>): PostRecord | null {
  const { text, facets, reply, langs } = record as Partial<AppBskyFeedPost.Record>
  if (record.$type !== 'app.bsky.feed.post' || typeof text !== 'string') return null
  return {
    text,
    facets: Array.isArray(facets) ? facets.filter(isFacet) : [],
    ...(typeof reply?.root?.uri === 'string' && typeof reply.parent?.uri === 'string' && { reply }),
    ...(Array.isArray(langs) && { langs: langs.filter((lang) => typeof lang === 'string') }),
  }
}

function isFacet(facet: Partial<AppBskyRichtextFacet.Main> | null): boolean {
  return (
    typeof facet?.index?.byteStart === 'number' &&
    typeof facet.index.byteEnd === 'number' &&
    Array.isArray(facet.features)
  )
}
