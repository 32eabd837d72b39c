import type { IncomingHttpHeaders } from 'node:http'
import { Injectable } from '@nestjs/common'
import type {
  AppBskyFeedDefsSkeletonFeedPost,
  AppBskyFeedGetFeedOutput,
  AppBskyFeedGetFeedParams,
} from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { ReadContext } from '../context.js'
import { type FeedRule, FeedPages, withoutBlockedAncestors, withoutBlocks, withoutMutes } from '../feed/feed-page.js'
import { type Generator, Things } from '../hydrate/things.js'
import type { FeedItem } from '../views/post-view.js'
import { FeedSource } from './feed-source.js'

export interface CustomFeedPage extends AppBskyFeedGetFeedOutput {
  /** Headers of the generator's answer that are meant for clients. */
  headers: Record<string, string>
}

/** Feeds that somebody else's service makes: it says which posts, and they are shown as here they are. */
@Injectable()
export class CustomFeed {
  constructor(
    private readonly things: Things,
    private readonly source: FeedSource,
    private readonly pages: FeedPages,
  ) {}

  /**
   * A page of the feed; what of it is not here is left out. The cursor is the generator's own.
   * @throws XrpcError 400 UnknownFeed, and as {@link FeedSource.skeleton}.
   */
  async read(
    context: ReadContext,
    params: AppBskyFeedGetFeedParams,
    requestHeaders: IncomingHttpHeaders,
  ): Promise<CustomFeedPage> {
    const generators = new Map<string, Generator>()
    await this.things.fillGenerators(generators, [params.feed])
    const generator = generators.get(params.feed)
    if (!generator) throw invalidRequest('could not find feed', 'UnknownFeed')
    const skeleton = await this.source.skeleton(generator.value.did, context.viewer, params, requestHeaders)
    // The generator need not keep to the limit.
    const items = skeleton.feed.slice(0, params.limit).map(feedItem)
    const views = await this.pages.view(context, items, shown)
    const { cursor, reqId } = skeleton
    return {
      feed: views.flatMap((view) => (view ? { ...view, ...(reqId !== undefined && { reqId }) } : [])),
      // A generator that gives back the cursor it was given would be read for ever.
      ...(cursor !== undefined && cursor !== params.cursor && { cursor }),
      headers: skeleton.headers,
    }
  }
}

function feedItem({ post, reason, feedContext }: AppBskyFeedDefsSkeletonFeedPost): FeedItem {
  return {
    post,
    ...(reason?.$type === 'app.bsky.feed.defs#skeletonReasonRepost' && { repost: reason.repost }),
    ...(reason?.$type === 'app.bsky.feed.defs#skeletonReasonPin' && { pinned: true }),
    ...(feedContext !== undefined && { feedContext }),
  }
}

const shown: FeedRule = (item, h) => withoutBlocks(item, h) && withoutBlockedAncestors(item, h) && withoutMutes(item, h)
