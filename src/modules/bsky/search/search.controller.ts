import { Controller } from '@nestjs/common'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext } from '../context.js'
import { BskyReads } from '../repo-rev.js'
import { SearchPosts } from './search-posts.js'
import { SearchRequests } from './search-requests.js'

type ParamsOf<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['params']
type Out<Nsid extends keyof XrpcMethods> = Promise<XrpcMethods[Nsid]['output']>

/** Search of posts. */
@Controller()
@BskyReads()
export class SearchController {
  constructor(
    private readonly requests: SearchRequests,
    private readonly search: SearchPosts,
  ) {}

  @XrpcQuery('app.bsky.feed.searchPosts')
  async searchPosts(
    @Context() context: ReadContext,
    @Params() params: ParamsOf<'app.bsky.feed.searchPosts'>,
  ): Out<'app.bsky.feed.searchPosts'> {
    const { limit, cursor, sort } = params
    const matches = await this.requests.ofV1(context, params)
    const { views, ...rest } = await this.search.find(context, matches, {
      sort: sort === 'top' ? 'top' : 'latest',
      limit,
      cursor,
    })
    return { posts: views, ...rest }
  }

  @XrpcQuery('app.bsky.feed.searchPostsV2')
  async searchPostsV2(
    @Context() context: ReadContext,
    @Params() params: ParamsOf<'app.bsky.feed.searchPostsV2'>,
  ): Out<'app.bsky.feed.searchPostsV2'> {
    const { limit, cursor, sort } = params
    const matches = await this.requests.ofV2(context, params)
    const { views, ...rest } = await this.search.find(context, matches, {
      sort: sort === 'top' ? 'top' : 'latest',
      limit,
      cursor,
    })
    return { posts: views, ...rest }
  }
}
