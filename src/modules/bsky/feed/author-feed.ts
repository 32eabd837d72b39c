import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import type { AppBskyFeedDefsFeedViewPost, XrpcMethods } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { ReadContext } from '../context.js'
import { Actors } from '../hydrate/actors.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { FIRST, type Page, placeOf } from '../page.js'
import { isShown } from '../views/profile-view.js'
import { FeedPages, withoutBlocks } from './feed-page.js'
import type { FeedRow } from './feed-heads.js'
import { feedLine } from './timeline.js'

type Params = XrpcMethods['app.bsky.feed.getAuthorFeed']['params']

/** Bits of bsky_feed_item.flags: 1 reply, 2 media, 4 video, 8 reply in a thread of the author alone, 32 repost. */
const FILTERS: Record<string, string> = {
  posts_with_replies: '',
  posts_no_replies: 'AND (flags & 1 = 0 OR flags & 32 <> 0)',
  posts_with_media: 'AND flags & 2 <> 0 AND flags & 32 = 0',
  posts_with_video: 'AND flags & 4 <> 0 AND flags & 32 = 0',
  posts_and_author_threads: 'AND (flags & 1 = 0 OR flags & 8 <> 0 OR flags & 32 <> 0)',
}

/** What an account has posted and reposted, newest first. */
@Injectable()
export class AuthorFeed {
  constructor(
    private readonly database: Database,
    private readonly actors: Actors,
    private readonly hydrator: Hydrator,
    private readonly pages: FeedPages,
  ) {}

  /** @throws XrpcError 400 InvalidRequest for nobody, BlockedActor, BlockedByActor. */
  async read(
    context: ReadContext,
    { actor, limit, cursor, filter = 'posts_with_replies', includePins = false }: Params,
  ): Promise<Page<AppBskyFeedDefsFeedViewPost>> {
    const did = await this.actors.didOf(actor)
    const where = FILTERS[filter] ?? ''
    if (did === null) throw invalidRequest('Profile not found')
    const h = await this.hydrator.hydrate(context, { dids: [did] })
    if (!isShown(did, h)) throw invalidRequest('Profile not found')
    const relationship = h.relationships.get(did)
    if (relationship && (relationship.blocking ?? relationship.blockingByList) !== null)
      throw invalidRequest(`Requester has blocked actor: ${did}`, 'BlockedActor')
    if (relationship && (relationship.blockedBy ?? relationship.blockedByList) !== null)
      throw invalidRequest(`Requester is blocked by actor: ${did}`, 'BlockedByActor')
    const after = placeOf(cursor)
    const pin = h.actors.get(did)?.profile?.value.pinnedPost?.uri
    const pinned = includePins && after === FIRST && pin?.startsWith(`at://${did}/`) ? pin : null
    const [pinView] = pinned ? await this.pages.view(context, [{ post: pinned, pinned: true }]) : []
    const page = await this.pages.fill(
      context,
      pinView ? Math.max(limit - 1, 1) : limit,
      after,
      async (place, count) => {
        const rows = await this.database.read.all<FeedRow>(
          `SELECT sort_at, uri, post FROM bsky_feed_item WHERE did = ? AND (sort_at, uri) < (?, ?) ${where}
           ORDER BY sort_at DESC, uri DESC LIMIT ?`,
          did,
          place.at,
          place.key,
          count,
        )
        return rows.map(feedLine)
      },
      (item, hydration) =>
        !(pinView && item.post === pinned && item.repost === undefined) && withoutBlocks(item, hydration),
    )
    return pinView ? { ...page, views: [pinView, ...page.views].slice(0, limit) } : page
  }
}
