import { Controller } from '@nestjs/common'
import type { XrpcMethods } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext } from '../context.js'
import { BskyReads } from '../repo-rev.js'
import { threadgateView } from '../views/post-view.js'
import { shownRecord } from '../views/shown.js'
import { flatThread, otherReplies } from './flat-thread.js'
import { threadView } from './thread-view.js'
import { type Thread, Threads } from './threads.js'

type ParamsOf<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['params']
type Out<Nsid extends keyof XrpcMethods> = Promise<XrpcMethods[Nsid]['output']>

/** What is shown above the anchor of a flat thread: its `above` is yes or no. */
const FLAT_ABOVE = 50

/** A post and what has been said around it. */
@Controller()
@BskyReads()
export class ThreadController {
  constructor(private readonly threads: Threads) {}

  /** @throws XrpcError 400 NotFound. */
  @XrpcQuery('app.bsky.feed.getPostThread')
  async getPostThread(
    @Context() context: ReadContext,
    @Params() { uri, depth, parentHeight }: ParamsOf<'app.bsky.feed.getPostThread'>,
  ): Out<'app.bsky.feed.getPostThread'> {
    const read = await this.threads.read(context, uri, { above: parentHeight, below: depth, order: 'newest' })
    const thread = threadView(read, depth, parentHeight)
    if (thread.$type === 'app.bsky.feed.defs#notFoundPost')
      throw invalidRequest(`Post not found: ${read.anchor}`, 'NotFound')
    return { thread, ...gateOf(read) }
  }

  @XrpcQuery('app.bsky.unspecced.getPostThreadV2')
  async getPostThreadV2(
    @Context() context: ReadContext,
    @Params() { anchor, above, below, branchingFactor, sort }: ParamsOf<'app.bsky.unspecced.getPostThreadV2'>,
  ): Out<'app.bsky.unspecced.getPostThreadV2'> {
    const height = above ? FLAT_ABOVE : 0
    const order = sort === 'oldest' ? 'oldest' : 'newest'
    const read = await this.threads.read(context, anchor, { above: height, below, order })
    const chain = await this.threads.chain(read)
    return { ...flatThread(read, { above: height, below, branchingFactor, sort, chain }), ...gateOf(read) }
  }

  @XrpcQuery('app.bsky.unspecced.getPostThreadOtherV2')
  async getPostThreadOtherV2(
    @Context() context: ReadContext,
    @Params() { anchor }: ParamsOf<'app.bsky.unspecced.getPostThreadOtherV2'>,
  ): Out<'app.bsky.unspecced.getPostThreadOtherV2'> {
    return { thread: otherReplies(await this.threads.read(context, anchor, { above: 0, below: 1, order: 'newest' })) }
  }
}

function gateOf({ root, h }: Thread): { threadgate?: NonNullable<ReturnType<typeof threadgateView>> } {
  const post = shownRecord(h.posts.get(root), h)
  const threadgate = post && threadgateView(post, h)
  return threadgate ? { threadgate } : {}
}
