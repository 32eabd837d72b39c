import { Controller, UseGuards } from '@nestjs/common'
import { SignedInGuard, ViewerGuard } from '../../auth/viewer.guard.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext, type SignedInContext } from '../context.js'
import { AuthorFeed } from './author-feed.js'
import { PostLists } from './post-lists.js'
import { Timeline } from './timeline.js'

type ParamsOf<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['params']
type Out<Nsid extends keyof XrpcMethods> = Promise<XrpcMethods[Nsid]['output']>

/** The feeds that follow from what is written here. */
@Controller()
@UseGuards(ViewerGuard)
export class FeedController {
  constructor(
    private readonly timeline: Timeline,
    private readonly authorFeed: AuthorFeed,
    private readonly postLists: PostLists,
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

  @XrpcQuery('app.bsky.feed.getPosts')
  async getPosts(
    @Context() context: ReadContext,
    @Params() { uris }: ParamsOf<'app.bsky.feed.getPosts'>,
  ): Out<'app.bsky.feed.getPosts'> {
    return { posts: await this.postLists.byUri(context, uris) }
  }
}
