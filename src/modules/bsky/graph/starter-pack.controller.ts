import { Controller, UseGuards } from '@nestjs/common'
import { SignedInGuard } from '../../auth/viewer.guard.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext, type SignedInContext } from '../context.js'
import { StarterPackSearch } from './starter-pack-search.js'
import { StarterPacks } from './starter-packs.js'
import { BskyReads } from '../repo-rev.js'

type Method<Name extends string> = XrpcMethods[`app.bsky.graph.${Name}` & keyof XrpcMethods]
type ParamsOf<Name extends string> = Method<Name>['params']
type Out<Name extends string> = Promise<Method<Name>['output']>

/** The queries of app.bsky.graph about starter packs. */
@Controller()
@BskyReads()
export class StarterPackController {
  constructor(
    private readonly packs: StarterPacks,
    private readonly search: StarterPackSearch,
  ) {}

  @XrpcQuery('app.bsky.graph.getStarterPack')
  async getStarterPack(
    @Context() context: ReadContext,
    @Params() { starterPack }: ParamsOf<'getStarterPack'>,
  ): Out<'getStarterPack'> {
    return { starterPack: await this.packs.one(context, starterPack) }
  }

  @XrpcQuery('app.bsky.graph.getStarterPacks')
  async getStarterPacks(
    @Context() context: ReadContext,
    @Params() { uris }: ParamsOf<'getStarterPacks'>,
  ): Out<'getStarterPacks'> {
    return { starterPacks: await this.packs.byUri(context, uris) }
  }

  @XrpcQuery('app.bsky.graph.getActorStarterPacks')
  async getActorStarterPacks(
    @Context() context: ReadContext,
    @Params() params: ParamsOf<'getActorStarterPacks'>,
  ): Out<'getActorStarterPacks'> {
    const { views, ...rest } = await this.packs.byActor(context, params)
    return { starterPacks: views, ...rest }
  }

  @XrpcQuery('app.bsky.graph.getStarterPacksWithMembership')
  @UseGuards(SignedInGuard)
  async getStarterPacksWithMembership(
    @Context() context: SignedInContext,
    @Params() params: ParamsOf<'getStarterPacksWithMembership'>,
  ): Out<'getStarterPacksWithMembership'> {
    const { views, ...rest } = await this.packs.withMembership(context, params)
    return { starterPacksWithMembership: views, ...rest }
  }

  @XrpcQuery('app.bsky.graph.searchStarterPacks')
  async searchStarterPacks(
    @Context() context: ReadContext,
    @Params() params: ParamsOf<'searchStarterPacks'>,
  ): Out<'searchStarterPacks'> {
    const { views, ...rest } = await this.search.basic(context, params)
    return { starterPacks: views, ...rest }
  }

  @XrpcQuery('app.bsky.graph.searchStarterPacksV2')
  async searchStarterPacksV2(
    @Context() context: ReadContext,
    @Params() params: ParamsOf<'searchStarterPacksV2'>,
  ): Out<'searchStarterPacksV2'> {
    const { views, ...rest } = await this.search.full(context, params)
    return { starterPacks: views, ...rest }
  }
}
