import { Injectable } from '@nestjs/common'
import { PostFlag } from '../../../projections/feed/post-flags.js'
import { Database } from '../../database/database.js'
import type { AppBskyFeedDefsFeedViewPost, XrpcMethods } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { ReadContext } from '../context.js'
import { Actors } from '../hydrate/actors.js'
import type { Hydration } from '../hydrate/hydration.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { mutes } from '../hydrate/relationships.js'
import { cursorAfter, FIRST, type Page, placeOf } from '../page.js'
import type { FeedItem } from '../views/post-view.js'
import { isShown } from '../views/shown.js'
import type { FeedRow } from './feed-heads.js'
import { FeedPages, withoutBlocks } from './feed-page.js'
import { SelfThreads } from './self-threads.js'
import { feedLine } from './timeline.js'

type Params = XrpcMethods['app.bsky.feed.getAuthorFeed']['params']

const { reply, media, video, authorThread, repost } = PostFlag
const OWN_THREADS = 'posts_and_author_threads'

/** By `flags` of bsky_feed_item. */
const FILTERS: Record<string, string> = {
  posts_with_replies: 'TRUE',
  posts_no_replies: `(flags & ${reply} = 0 OR flags & ${repost} <> 0)`,
  posts_with_media: `flags & ${media} <> 0 AND flags & ${repost} = 0`,
  posts_with_video: `flags & ${video} <> 0 AND flags & ${repost} = 0`,
  [OWN_THREADS]: `(flags & ${reply} = 0 OR flags & ${authorThread | repost} <> 0)`,
}

/** What an account has posted and reposted, newest first. */
@Injectable()
export class AuthorFeed {
  constructor(
    private readonly database: Database,
    private readonly actors: Actors,
    private readonly hydrator: Hydrator,
    private readonly selfThreads: SelfThreads,
    private readonly pages: FeedPages,
  ) {}

  /** @throws XrpcError 400 InvalidRequest for nobody, BlockedActor, BlockedByActor. */
  async read(
    context: ReadContext,
    { actor, limit, cursor, filter = 'posts_with_replies', includePins = false }: Params,
  ): Promise<Page<AppBskyFeedDefsFeedViewPost>> {
    const did = await this.actors.didOf(actor)
    const where = FILTERS[filter] ?? 'TRUE'
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
    if (pinView && limit === 1) return { views: [pinView], cursor: cursorAfter(FIRST) }
    const ownThreads = new Set<string>()
    const page = await this.pages.fill(
      context,
      pinView ? limit - 1 : limit,
      after,
      async (place, count) => {
        const rows = await this.database.read.all<FeedRow>(
          `SELECT sort_at, uri, post FROM bsky_feed_item WHERE did = ? AND (sort_at, uri) < (?, ?) AND ${where}
           ORDER BY sort_at DESC, uri DESC LIMIT ?`,
          ...[did, place.at, place.key, count],
        )
        const posts = rows.filter(({ uri, post }) => uri === post).map(({ post }) => post)
        if (filter === OWN_THREADS) for (const uri of await this.selfThreads.of(did, posts)) ownThreads.add(uri)
        return rows.map(feedLine)
      },
      (item, hydration) => {
        if (item.repost !== undefined) return withoutBlocks(item, hydration) && !bringsMuted(item, did, hydration)
        if (pinView && item.post === pinned) return false
        return (filter !== OWN_THREADS || ownThreads.has(item.post)) && withoutBlocks(item, hydration)
      },
    )
    return pinView ? { ...page, views: [pinView, ...page.views] } : page
  }
}

/** A repost of somebody muted is left out, unless the reposter is muted as well and looked at all the same. */
function bringsMuted({ post }: FeedItem, reposter: string, { posts, relationships }: Hydration): boolean {
  return mutes(relationships.get(posts.get(post)?.did ?? '')) && !mutes(relationships.get(reposter))
}
