import { Controller, UseGuards } from '@nestjs/common'
import { SignedInGuard } from '../../auth/viewer.guard.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext, type SignedInContext } from '../context.js'
import { BskyReads } from '../repo-rev.js'
import { PostLists } from './post-lists.js'
import { Reactions } from './reactions.js'

type ParamsOf<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['params']
type Out<Nsid extends keyof XrpcMethods> = Promise<XrpcMethods[Nsid]['output']>

/** Posts, and who has done what with them. A `cid` is given back as it came: listings are of whatever stands under the uri. */
@Controller()
@BskyReads()
export class PostsController {
  constructor(
    private readonly posts: PostLists,
    private readonly reactions: Reactions,
  ) {}

  @XrpcQuery('app.bsky.feed.getPosts')
  async getPosts(
    @Context() context: ReadContext,
    @Params() { uris }: ParamsOf<'app.bsky.feed.getPosts'>,
  ): Out<'app.bsky.feed.getPosts'> {
    return { posts: await this.posts.byUri(context, uris) }
  }

  @XrpcQuery('app.bsky.feed.getLikes')
  async getLikes(
    @Context() context: ReadContext,
    @Params() params: ParamsOf<'app.bsky.feed.getLikes'>,
  ): Out<'app.bsky.feed.getLikes'> {
    const { views, ...rest } = await this.reactions.likes(context, params)
    return { ...subjectOf(params), likes: views, ...rest }
  }

  @XrpcQuery('app.bsky.feed.getRepostedBy')
  async getRepostedBy(
    @Context() context: ReadContext,
    @Params() params: ParamsOf<'app.bsky.feed.getRepostedBy'>,
  ): Out<'app.bsky.feed.getRepostedBy'> {
    const { views, ...rest } = await this.reactions.reposters(context, params)
    return { ...subjectOf(params), repostedBy: views, ...rest }
  }

  @XrpcQuery('app.bsky.feed.getQuotes')
  async getQuotes(
    @Context() context: ReadContext,
    @Params() params: ParamsOf<'app.bsky.feed.getQuotes'>,
  ): Out<'app.bsky.feed.getQuotes'> {
    const { views, ...rest } = await this.posts.quotes(context, params)
    return { ...subjectOf(params), posts: views, ...rest }
  }

  @XrpcQuery('app.bsky.bookmark.getBookmarks')
  @UseGuards(SignedInGuard)
  async getBookmarks(
    @Context() context: SignedInContext,
    @Params() { limit, cursor }: ParamsOf<'app.bsky.bookmark.getBookmarks'>,
  ): Out<'app.bsky.bookmark.getBookmarks'> {
    const { views, ...rest } = await this.posts.bookmarked(context, limit, cursor)
    return { bookmarks: views, ...rest }
  }
}

function subjectOf({ uri, cid }: { uri: string; cid?: string }): { uri: string; cid?: string } {
  return { uri, ...(cid !== undefined && { cid }) }
}
