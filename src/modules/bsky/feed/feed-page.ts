import { Injectable } from '@nestjs/common'
import type { AppBskyFeedDefsFeedViewPost } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import type { Hydration } from '../hydrate/hydration.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { didOf } from '../hydrate/references.js'
import { blocks, mutes, pairKey } from '../hydrate/relationships.js'
import { fillPage, type Page, type Place } from '../page.js'
import { type FeedItem, feedViewPost } from '../views/post-view.js'

/** A line of a feed with its place in it. */
export interface FeedLine extends FeedItem {
  place: Place
}

/** Leaves lines out of a feed, beyond what every feed leaves out. */
export type FeedRule = (item: FeedItem, hydration: Hydration) => boolean

/** Makes pages of feeds out of skeletons: hydrates, applies the rules, views, and fills the page up. */
@Injectable()
export class FeedPages {
  constructor(private readonly hydrator: Hydrator) {}

  /** A page of up to `limit` lines; `read` gives those after a place, in order. */
  fill(
    context: ReadContext,
    limit: number,
    after: Place,
    read: (after: Place, count: number) => Promise<FeedLine[]>,
    keep: FeedRule = () => true,
  ): Promise<Page<AppBskyFeedDefsFeedViewPost>> {
    return fillPage(limit, after, read, (lines) => this.view(context, lines, keep))
  }

  /** The views of lines, undefined for what is left out. */
  async view(
    context: ReadContext,
    items: readonly FeedItem[],
    keep: FeedRule = () => true,
  ): Promise<(AppBskyFeedDefsFeedViewPost | undefined)[]> {
    const hydration = await this.hydrator.hydrateFeed(context, items)
    return items.map((item) => (keep(item, hydration) ? feedViewPost(item, hydration) : undefined))
  }
}

/**
 * What no feed shows: posts and reposts of those with whom the viewer has a block, and replies in which somebody
 * further up has one with the viewer or with the author.
 */
export function withoutBlocks({ post, repost }: FeedItem, h: Hydration): boolean {
  const found = h.posts.get(post)
  if (!found || blocks(h.relationships.get(found.did))) return false
  const by = repost === undefined ? undefined : h.reposts.get(repost)?.did
  if (by !== undefined && blocks(h.relationships.get(by))) return false
  if (repost !== undefined) return true
  return [found.replyParent, found.replyRoot].every((uri) => {
    const author = uri && didOf(uri)
    return !author || (!blocks(h.relationships.get(author)) && !h.blocks.has(pairKey(author, found.did)))
  })
}

/** What the viewer's own timelines leave out besides: muted authors, muted reposters, muted reposts and quotes. */
export function withoutMutes({ post, repost }: FeedItem, h: Hydration): boolean {
  const found = h.posts.get(post)
  if (!found || mutes(h.relationships.get(found.did))) return false
  if (repost !== undefined) {
    const by = h.relationships.get(h.reposts.get(repost)?.did ?? '')
    return !mutes(by) && !by?.mutedOnly.includes('reposts')
  }
  return !(found.quote !== null && h.relationships.get(found.did)?.mutedOnly.includes('quoteposts'))
}
