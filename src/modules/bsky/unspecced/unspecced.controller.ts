import { Controller } from '@nestjs/common'
import type { AppBskyUnspeccedDefsTrendingTopic, XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext } from '../context.js'
import { BskyReads } from '../repo-rev.js'
import { Generators } from '../generator/generators.js'
import { isoTime } from '../views/label-view.js'
import { TaggedSuggestions } from './tagged-suggestions.js'
import { Trends } from './trends.js'

type ParamsOf<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['params']
type Out<Nsid extends keyof XrpcMethods> = Promise<XrpcMethods[Nsid]['output']>

/** What clients ask about feeds and trends under app.bsky.unspecced, answered from what this server knows. */
@Controller()
@BskyReads()
export class UnspeccedController {
  constructor(
    private readonly generators: Generators,
    private readonly trends: Trends,
    private readonly suggestions: TaggedSuggestions,
  ) {}

  @XrpcQuery('app.bsky.unspecced.getPopularFeedGenerators')
  async getPopularFeedGenerators(
    @Context() context: ReadContext,
    @Params() { limit, cursor, query }: ParamsOf<'app.bsky.unspecced.getPopularFeedGenerators'>,
  ): Out<'app.bsky.unspecced.getPopularFeedGenerators'> {
    const { views, ...rest } = await this.generators.popular(context, limit, cursor, query)
    return { feeds: views, ...rest }
  }

  @XrpcQuery('app.bsky.unspecced.getSuggestedFeeds')
  async getSuggestedFeeds(
    @Context() context: ReadContext,
    @Params() { limit }: ParamsOf<'app.bsky.unspecced.getSuggestedFeeds'>,
  ): Out<'app.bsky.unspecced.getSuggestedFeeds'> {
    return { feeds: (await this.generators.popular(context, limit)).views }
  }

  @XrpcQuery('app.bsky.unspecced.getSuggestedFeedsSkeleton')
  async getSuggestedFeedsSkeleton(
    @Context() context: ReadContext,
    @Params() { limit }: ParamsOf<'app.bsky.unspecced.getSuggestedFeedsSkeleton'>,
  ): Out<'app.bsky.unspecced.getSuggestedFeedsSkeleton'> {
    return { feeds: (await this.generators.popular(context, limit)).views.map(({ uri }) => uri) }
  }

  @XrpcQuery('app.bsky.unspecced.getTrends')
  async getTrends(
    @Context() context: ReadContext,
    @Params() { limit }: ParamsOf<'app.bsky.unspecced.getTrends'>,
  ): Out<'app.bsky.unspecced.getTrends'> {
    return { trends: await this.trends.views(context, limit) }
  }

  @XrpcQuery('app.bsky.unspecced.getTrendsSkeleton')
  async getTrendsSkeleton(
    @Params() { limit }: ParamsOf<'app.bsky.unspecced.getTrendsSkeleton'>,
  ): Out<'app.bsky.unspecced.getTrendsSkeleton'> {
    const trends = await this.trends.top(limit)
    return {
      trends: trends.map(({ dids, startedAt, ...trend }) => ({
        ...trend,
        startedAt: isoTime(startedAt),
        dids: [...dids],
      })),
    }
  }

  /** What people write about, and beside it the feeds that they like. */
  @XrpcQuery('app.bsky.unspecced.getTrendingTopics')
  async getTrendingTopics(
    @Context() context: ReadContext,
    @Params() { limit }: ParamsOf<'app.bsky.unspecced.getTrendingTopics'>,
  ): Out<'app.bsky.unspecced.getTrendingTopics'> {
    const trends = await this.trends.views(context, limit)
    const feeds = await this.generators.popular(context, limit)
    const suggested = feeds.views.map(({ uri, creator, displayName }): AppBskyUnspeccedDefsTrendingTopic => {
      const rkey = uri.slice(uri.lastIndexOf('/') + 1)
      return { topic: displayName, displayName, link: `/profile/${creator.did}/feed/${rkey}` }
    })
    return { topics: trends.map(({ topic, displayName, link }) => ({ topic, displayName, link })), suggested }
  }

  @XrpcQuery('app.bsky.unspecced.getTaggedSuggestions')
  async getTaggedSuggestions(@Context() context: ReadContext): Out<'app.bsky.unspecced.getTaggedSuggestions'> {
    return { suggestions: await this.suggestions.read(context) }
  }
}
