/** What a post is about, as far as it says so: its tags and links. */
import type { AppBskyFeedPost } from '../../lexicon/types.js'

export interface Topic {
  /** The same for all ways to write it. */
  key: string
  topic: string
  displayName: string
  /** Where the app goes: a path of its own, or a web address. */
  link: string
}

const MAX_NAME = 64
const MAX_TOPICS = 30

/** The topics of a post, each once. */
export function topicsOf(post: AppBskyFeedPost): Topic[] {
  const topics = new Map<string, Topic>()
  const add = (topic: Topic | null): void => {
    if (topic && topics.size < MAX_TOPICS && !topics.has(topic.key)) topics.set(topic.key, topic)
  }
  for (const tag of post.tags ?? []) add(tagTopic(tag))
  const media = post.embed?.$type === 'app.bsky.embed.recordWithMedia' ? post.embed.media : post.embed
  if (media?.$type === 'app.bsky.embed.external') add(linkTopic(media.external.uri, media.external.title))
  for (const { features } of post.facets ?? [])
    for (const feature of features)
      if (feature.$type === 'app.bsky.richtext.facet#tag') add(tagTopic(feature.tag))
      else if (feature.$type === 'app.bsky.richtext.facet#link') add(linkTopic(feature.uri))
  return [...topics.values()]
}

function tagTopic(text: string): Topic | null {
  const tag = text.replace(/^[#＃]/, '').trim()
  if (tag === '') return null
  return {
    key: `#${tag.normalize('NFKC').toLowerCase()}`,
    topic: tag,
    displayName: tag,
    link: `/hashtag/${encodeURIComponent(tag)}`,
  }
}

function linkTopic(address: string, title = ''): Topic | null {
  const url = URL.parse(address)
  if (!url || !/^https?:$/.test(url.protocol)) return null
  url.hash = ''
  const link = url.href
  const plain = `${url.host}${url.pathname}`.replace(/\/$/, '')
  return {
    key: plain + url.search,
    topic: plain,
    displayName: Array.from(title.trim() || plain)
      .slice(0, MAX_NAME)
      .join(''),
    link,
  }
}
