import { Injectable } from '@nestjs/common'
import type { AppBskyFeedDefsFeedViewPost } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import type { Hydration } from '../hydrate/hydration.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { didOf } from '../../../projections/at-uri.js'
import { blocks, mutes } from '../hydrate/relationships.js'
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

/** What no feed shows: posts and reposts of those with whom the viewer has a block. */
export function withoutBlocks({ post, repost }: FeedItem, h: Hydration): boolean {
  const author = h.posts.get(post)?.did
  if (author === undefined || blocks(h.relationships.get(author))) return false
  return repost === undefined || !blocks(h.relationships.get(didOf(repost) ?? ''))
}

/** What feeds of many accounts leave out besides: answers to those with whom the viewer has a block, and to answers to them. */
export function withoutBlockedAncestors({ post }: FeedItem, h: Hydration): boolean {
  const parent = h.posts.get(post)?.replyParent
  const grandparent = parent && h.posts.get(parent)?.replyParent
  return [parent, grandparent].every((uri) => !uri || !blocks(h.relationships.get(didOf(uri) ?? '')))
}

/** What the viewer has muted: authors, reposters, and reposts or quotes of an account. */
export function withoutMutes({ post, repost }: FeedItem, h: Hydration): boolean {
  const found = h.posts.get(post)
  const author = found && h.relationships.get(found.did)
  if (!found || mutes(author)) return false
  if (found.quote !== null && author?.mutedOnly.includes('quoteposts')) return false
  const originator = repost === undefined ? undefined : h.relationships.get(didOf(repost) ?? '')
  return !mutes(originator) && !originator?.mutedOnly.includes('reposts')
}

/** The rules of the feeds that a viewer reads many accounts in. */
export const homeRule: FeedRule = (item, h) =>
  withoutBlocks(item, h) && withoutBlockedAncestors(item, h) && withoutMutes(item, h)
