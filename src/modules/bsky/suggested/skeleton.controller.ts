import { Controller } from '@nestjs/common'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { cursorAfter, placeOf } from '../page.js'
import { rankedAfter } from '../ranking.js'
import { ActorRanking } from './actor-ranking.js'
import { SuggestedPacks } from './suggested-packs.js'

type Method<Name extends string> = XrpcMethods[`app.bsky.unspecced.${Name}` & keyof XrpcMethods]
type ParamsOf<Name extends string> = Method<Name>['params']
type Out<Name extends string> = Promise<Method<Name>['output']>

/**
 * The suggestions as another AppView would ask for them: names alone, for a `viewer` whom anybody may name. They follow
 * from public records only; whoever hydrates them applies the viewer's blocks and mutes.
 */
@Controller()
export class SkeletonController {
  constructor(
    private readonly ranking: ActorRanking,
    private readonly packs: SuggestedPacks,
  ) {}

  @XrpcQuery('app.bsky.unspecced.getSuggestedUsersSkeleton')
  getSuggestedUsersSkeleton(@Params() params: ParamsOf<'getSuggestedUsersSkeleton'>): Out<'getSuggestedUsersSkeleton'> {
    return this.dids(params)
  }

  @XrpcQuery('app.bsky.unspecced.getSuggestedUsersForDiscoverSkeleton')
  getSuggestedUsersForDiscoverSkeleton(
    @Params() params: ParamsOf<'getSuggestedUsersForDiscoverSkeleton'>,
  ): Out<'getSuggestedUsersForDiscoverSkeleton'> {
    return this.dids(params)
  }

  @XrpcQuery('app.bsky.unspecced.getSuggestedUsersForExploreSkeleton')
  getSuggestedUsersForExploreSkeleton(
    @Params() params: ParamsOf<'getSuggestedUsersForExploreSkeleton'>,
  ): Out<'getSuggestedUsersForExploreSkeleton'> {
    return this.dids(params)
  }

  @XrpcQuery('app.bsky.unspecced.getSuggestedUsersForSeeMoreSkeleton')
  getSuggestedUsersForSeeMoreSkeleton(
    @Params() params: ParamsOf<'getSuggestedUsersForSeeMoreSkeleton'>,
  ): Out<'getSuggestedUsersForSeeMoreSkeleton'> {
    return this.dids(params)
  }

  @XrpcQuery('app.bsky.unspecced.getOnboardingSuggestedUsersSkeleton')
  getOnboardingSuggestedUsersSkeleton(
    @Params() params: ParamsOf<'getOnboardingSuggestedUsersSkeleton'>,
  ): Out<'getOnboardingSuggestedUsersSkeleton'> {
    return this.dids(params)
  }

  @XrpcQuery('app.bsky.unspecced.getSuggestionsSkeleton')
  async getSuggestionsSkeleton(
    @Params() { viewer, limit, cursor, relativeToDid }: ParamsOf<'getSuggestionsSkeleton'>,
  ): Out<'getSuggestionsSkeleton'> {
    const ranked = relativeToDid ? await this.ranking.like(relativeToDid) : await this.ranking.forActor(viewer ?? null)
    const lines = rankedAfter(ranked, placeOf(cursor), limit + 1)
    const shown = lines.slice(0, limit)
    return {
      actors: shown.map(({ did }) => ({ did })),
      ...(lines.length > limit && { cursor: cursorAfter(shown.at(-1)!.place) }),
      ...(relativeToDid && { relativeToDid }),
    }
  }

  @XrpcQuery('app.bsky.unspecced.getSuggestedStarterPacksSkeleton')
  async getSuggestedStarterPacksSkeleton(
    @Params() { limit }: ParamsOf<'getSuggestedStarterPacksSkeleton'>,
  ): Out<'getSuggestedStarterPacksSkeleton'> {
    return { starterPacks: await this.packs.skeleton(limit) }
  }

  @XrpcQuery('app.bsky.unspecced.getOnboardingSuggestedStarterPacksSkeleton')
  async getOnboardingSuggestedStarterPacksSkeleton(
    @Params() { limit }: ParamsOf<'getOnboardingSuggestedStarterPacksSkeleton'>,
  ): Out<'getOnboardingSuggestedStarterPacksSkeleton'> {
    return { starterPacks: await this.packs.skeleton(limit) }
  }

  private async dids({ viewer, limit }: { viewer?: string; limit: number }): Promise<{ dids: string[] }> {
    const ranked = await this.ranking.forActor(viewer ?? null)
    return { dids: ranked.slice(0, limit).map(({ did }) => did) }
  }
}
