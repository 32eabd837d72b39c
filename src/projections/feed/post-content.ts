import { POST } from '../../modules/lexicon/collections.js'
import type { AppBskyFeedPost } from '../../modules/lexicon/types.js'
import type { Did } from '../../repo-engine/index.js'
import { collectionOf, didOf } from '../at-uri.js'
import type { Link } from '../derived/backlinks.js'
import { EMBED, FACET, GALLERY_IMAGE } from './names.js'
import { PostFlag } from './post-flags.js'

type Embed = NonNullable<AppBskyFeedPost['embed']>

/** What the facets of a post point at, each once, in the order of the text's facets. */
export interface FacetTargets {
  mentions: string[]
  links: string[]
  tags: string[]
}

/** A text of 300 graphemes has no room for more of a kind; facets may claim any number, over any range. */
const MAX_FACETS = 100

const NO_FACETS: FacetTargets = { mentions: [], links: [], tags: [] }

/** The targets of a post's facets. Where in the text they are is for clients to see. */
export function facetTargets({ facets }: AppBskyFeedPost): FacetTargets {
  if (!facets?.length) return NO_FACETS
  const [mentions, links, tags] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const { features } of facets)
    for (const feature of features) {
      if (feature.$type === FACET.mention) mentions.add(feature.did)
      else if (feature.$type === FACET.link) links.add(feature.uri)
      else if (feature.$type === FACET.tag) tags.add(feature.tag)
    }
  const some = (targets: Set<string>): string[] => [...targets].slice(0, MAX_FACETS)
  return { mentions: some(mentions), links: some(links), tags: some(tags) }
}

/** What a post embeds beside a record: itself, or the media of a record with media. */
export function mediaOf({ embed }: AppBskyFeedPost): Embed | undefined {
  return embed?.$type === EMBED.recordWithMedia ? embed.media : embed
}

/** The texts that stand for what is to be seen. */
export function altTexts(post: AppBskyFeedPost): string[] {
  const media = mediaOf(post)
  if (media?.$type === EMBED.images) return media.images.map(({ alt }) => alt)
  if (media?.$type === EMBED.gallery)
    return media.items.flatMap((item) => (item.$type === GALLERY_IMAGE ? [item.alt] : []))
  return media?.$type === EMBED.video && media.alt ? [media.alt] : []
}

/** The uri of the record that a post embeds, and the path that it does so under. */
function embeddedRecord({ embed }: AppBskyFeedPost): Link | null {
  if (embed?.$type === EMBED.record) return { target: embed.record.uri, path: 'embed.record.uri' }
  if (embed?.$type === EMBED.recordWithMedia)
    return { target: embed.record.record.uri, path: 'embed.record.record.uri' }
  return null
}

/** The post that a post embeds; null when there is none, or another kind of record. */
export function quoteOf(post: AppBskyFeedPost): string | null {
  const embedded = embeddedRecord(post)
  return embedded && collectionOf(embedded.target) === POST && didOf(embedded.target) ? embedded.target : null
}

/** Every record and actor that a post names. */
export function linksOf(post: AppBskyFeedPost, { mentions }: FacetTargets): Link[] {
  const links: Link[] = []
  if (post.reply)
    links.push(
      { target: post.reply.root.uri, path: 'reply.root.uri' },
      { target: post.reply.parent.uri, path: 'reply.parent.uri' },
    )
  const embedded = embeddedRecord(post)
  if (embedded) links.push(embedded)
  for (const target of mentions) links.push({ target, path: 'facets.features.did' })
  return links
}

/** The {@link PostFlag}s of a post of `did`. */
export function flagsOf(did: Did, post: AppBskyFeedPost, quote: string | null): number {
  const media = mediaOf(post)?.$type
  const isVideo = media === EMBED.video
  const isMedia = isVideo || media === EMBED.images || media === EMBED.gallery
  const { reply } = post
  const isOwnThread = reply && didOf(reply.root.uri) === did && didOf(reply.parent.uri) === did
  return (
    (reply ? PostFlag.reply : 0) |
    (isMedia ? PostFlag.media : 0) |
    (isVideo ? PostFlag.video : 0) |
    (isOwnThread ? PostFlag.authorThread : 0) |
    (quote ? PostFlag.quote : 0)
  )
}
