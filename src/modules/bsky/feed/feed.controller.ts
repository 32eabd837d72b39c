import { Controller, UseGuards } from '@nestjs/common'
import { SignedInGuard } from '../../auth/viewer.guard.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext, type SignedInContext } from '../context.js'
import { BskyReads } from '../repo-rev.js'
import { AuthorFeed } from './author-feed.js'
import { LikedPosts } from './liked-posts.js'
import { ListFeed } from './list-feed.js'
import { Timeline } from './timeline.js'

type ParamsOf<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['params']
type Out<Nsid extends keyof XrpcMethods> = Promise<XrpcMethods[Nsid]['output']>

/** The feeds that follow from what is written here. */
@Controller()
@BskyReads()
export class FeedController {
  constructor(
    private readonly timeline: Timeline,
    private readonly authorFeed: AuthorFeed,
    private readonly listFeed: ListFeed,
    private readonly likedPosts: LikedPosts,
  ) {}

  @XrpcQuery('app.bsky.feed.getTimeline')
  @UseGuards(SignedInGuard)
  async getTimeline(
    @Context() context: SignedInContext,
    @Params() { limit, cursor }: ParamsOf<'app.bsky.feed.getTimeline'>,
  ): Out<'app.bsky.feed.getTimeline'> {
    const { views, ...rest } = await this.timeline.read(context, limit, cursor)
    return { feed: views, ...rest }
  }

  @XrpcQuery('app.bsky.feed.getAuthorFeed')
  async getAuthorFeed(
    @Context() context: ReadContext,
    @Params() params: ParamsOf<'app.bsky.feed.getAuthorFeed'>,
  ): Out<'app.bsky.feed.getAuthorFeed'> {
    const { views, ...rest } = await this.authorFeed.read(context, params)
    return { feed: views, ...rest }
  }

  @XrpcQuery('app.bsky.feed.getListFeed')
  async getListFeed(
    @Context() context: ReadContext,
    @Params() params: ParamsOf<'app.bsky.feed.getListFeed'>,
  ): Out<'app.bsky.feed.getListFeed'> {
    const { views, ...rest } = await this.listFeed.read(context, params)
    return { feed: views, ...rest }
  }

  @XrpcQuery('app.bsky.feed.getActorLikes')
  async getActorLikes(
    @Context() context: ReadContext,
    @Params() params: ParamsOf<'app.bsky.feed.getActorLikes'>,
  ): Out<'app.bsky.feed.getActorLikes'> {
    const { views, ...rest } = await this.likedPosts.read(context, params)
    return { feed: views, ...rest }
  }
}
