import { Controller, UseGuards } from '@nestjs/common'
import { SignedInGuard } from '../../auth/viewer.guard.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext, type SignedInContext } from '../context.js'
import { RelativeSuggestions } from '../suggested/relative-suggestions.js'
import { Follows } from './follows.js'
import { OwnLines } from './own-lines.js'
import { PublicRelationships } from './public-relationships.js'
import { BskyReads } from '../repo-rev.js'

type Method<Name extends string> = XrpcMethods[`app.bsky.graph.${Name}` & keyof XrpcMethods]
type ParamsOf<Name extends string> = Method<Name>['params']
type Out<Name extends string> = Promise<Method<Name>['output']>

/** The queries of app.bsky.graph about actors. */
@Controller()
@BskyReads()
export class GraphController {
  constructor(
    private readonly graph: Follows,
    private readonly own: OwnLines,
    private readonly relationships: PublicRelationships,
    private readonly suggestions: RelativeSuggestions,
  ) {}

  @XrpcQuery('app.bsky.graph.getFollowers')
  async getFollowers(@Context() context: ReadContext, @Params() params: ParamsOf<'getFollowers'>): Out<'getFollowers'> {
    const { subject, page } = await this.graph.followers(context, params)
    const { views, ...rest } = page
    return { subject, followers: views, ...rest }
  }

  @XrpcQuery('app.bsky.graph.getFollows')
  async getFollows(@Context() context: ReadContext, @Params() params: ParamsOf<'getFollows'>): Out<'getFollows'> {
    const { subject, page } = await this.graph.follows(context, params)
    const { views, ...rest } = page
    return { subject, follows: views, ...rest }
  }

  @XrpcQuery('app.bsky.graph.getKnownFollowers')
  @UseGuards(SignedInGuard)
  async getKnownFollowers(
    @Context() context: SignedInContext,
    @Params() params: ParamsOf<'getKnownFollowers'>,
  ): Out<'getKnownFollowers'> {
    const { subject, page } = await this.graph.known(context, params)
    const { views, ...rest } = page
    return { subject, followers: views, ...rest }
  }

  @XrpcQuery('app.bsky.graph.getRelationships')
  getRelationships(@Params() { actor, others }: ParamsOf<'getRelationships'>): Out<'getRelationships'> {
    return this.relationships.read(actor, others ?? [])
  }

  @XrpcQuery('app.bsky.graph.getBlocks')
  @UseGuards(SignedInGuard)
  async getBlocks(
    @Context() context: SignedInContext,
    @Params() { limit, cursor }: ParamsOf<'getBlocks'>,
  ): Out<'getBlocks'> {
    const { views, ...rest } = await this.own.blocks(context, limit, cursor)
    return { blocks: views, ...rest }
  }

  @XrpcQuery('app.bsky.graph.getMutes')
  @UseGuards(SignedInGuard)
  async getMutes(
    @Context() context: SignedInContext,
    @Params() { limit, cursor }: ParamsOf<'getMutes'>,
  ): Out<'getMutes'> {
    const { views, ...rest } = await this.own.mutedActors(context, limit, cursor)
    return { mutes: views, ...rest }
  }

  @XrpcQuery('app.bsky.graph.getSuggestedFollowsByActor')
  getSuggestedFollowsByActor(
    @Context() context: ReadContext,
    @Params() { actor }: ParamsOf<'getSuggestedFollowsByActor'>,
  ): Out<'getSuggestedFollowsByActor'> {
    return this.suggestions.read(context, actor)
  }
}
