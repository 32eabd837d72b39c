import type { IncomingHttpHeaders } from 'node:http'
import { Controller, Headers, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext } from '../context.js'
import { BskyReads } from '../repo-rev.js'
import { CustomFeed } from './custom-feed.js'
import { Generators } from './generators.js'

type ParamsOf<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['params']
type Out<Nsid extends keyof XrpcMethods> = Promise<XrpcMethods[Nsid]['output']>

/** Feed generators and the feeds that they make. */
@Controller()
@BskyReads()
export class GeneratorController {
  constructor(
    private readonly generators: Generators,
    private readonly customFeed: CustomFeed,
  ) {}

  @XrpcQuery('app.bsky.feed.getFeed')
  async getFeed(
    @Context() context: ReadContext,
    @Params() params: ParamsOf<'app.bsky.feed.getFeed'>,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Out<'app.bsky.feed.getFeed'> {
    const { headers: answered, ...page } = await this.customFeed.read(context, params, headers)
    const language = answered['content-language']
    if (language !== undefined) reply.header('content-language', language)
    return page
  }

  @XrpcQuery('app.bsky.feed.getFeedGenerator')
  getFeedGenerator(
    @Context() context: ReadContext,
    @Params() { feed }: ParamsOf<'app.bsky.feed.getFeedGenerator'>,
  ): Out<'app.bsky.feed.getFeedGenerator'> {
    return this.generators.one(context, feed)
  }

  @XrpcQuery('app.bsky.feed.getFeedGenerators')
  async getFeedGenerators(
    @Context() context: ReadContext,
    @Params() { feeds }: ParamsOf<'app.bsky.feed.getFeedGenerators'>,
  ): Out<'app.bsky.feed.getFeedGenerators'> {
    return { feeds: await this.generators.byUri(context, feeds) }
  }

  @XrpcQuery('app.bsky.feed.getActorFeeds')
  async getActorFeeds(
    @Context() context: ReadContext,
    @Params() { actor, limit, cursor }: ParamsOf<'app.bsky.feed.getActorFeeds'>,
  ): Out<'app.bsky.feed.getActorFeeds'> {
    const { views, ...rest } = await this.generators.byActor(context, actor, limit, cursor)
    return { feeds: views, ...rest }
  }

  @XrpcQuery('app.bsky.feed.getSuggestedFeeds')
  async getSuggestedFeeds(
    @Context() context: ReadContext,
    @Params() { limit, cursor }: ParamsOf<'app.bsky.feed.getSuggestedFeeds'>,
  ): Out<'app.bsky.feed.getSuggestedFeeds'> {
    const { views, ...rest } = await this.generators.popular(context, limit, cursor)
    return { feeds: views, ...rest }
  }
}
