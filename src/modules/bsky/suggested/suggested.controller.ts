import { Controller } from '@nestjs/common'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext } from '../context.js'
import { SuggestedPacks } from './suggested-packs.js'
import { Suggestions } from './suggestions.js'
import { BskyReads } from '../repo-rev.js'

type Method<Name extends string> = XrpcMethods[`app.bsky.unspecced.${Name}` & keyof XrpcMethods]
type ParamsOf<Name extends string> = Method<Name>['params']
type Out<Name extends string> = Promise<Method<Name>['output']>

/**
 * Whom and what to follow, as the screens of the app ask for it. What this server knows is who follows whom, so they are
 * told the same; a `category` is accepted and narrows nothing.
 */
@Controller()
@BskyReads()
export class SuggestedController {
  constructor(
    private readonly suggestions: Suggestions,
    private readonly packs: SuggestedPacks,
  ) {}

  @XrpcQuery('app.bsky.unspecced.getSuggestedUsers')
  getSuggestedUsers(
    @Context() context: ReadContext,
    @Params() { limit }: ParamsOf<'getSuggestedUsers'>,
  ): Out<'getSuggestedUsers'> {
    return this.actors(context, limit)
  }

  @XrpcQuery('app.bsky.unspecced.getSuggestedUsersForDiscover')
  getSuggestedUsersForDiscover(
    @Context() context: ReadContext,
    @Params() { limit }: ParamsOf<'getSuggestedUsersForDiscover'>,
  ): Out<'getSuggestedUsersForDiscover'> {
    return this.actors(context, limit)
  }

  @XrpcQuery('app.bsky.unspecced.getSuggestedUsersForExplore')
  getSuggestedUsersForExplore(
    @Context() context: ReadContext,
    @Params() { limit }: ParamsOf<'getSuggestedUsersForExplore'>,
  ): Out<'getSuggestedUsersForExplore'> {
    return this.actors(context, limit)
  }

  @XrpcQuery('app.bsky.unspecced.getSuggestedUsersForSeeMore')
  getSuggestedUsersForSeeMore(
    @Context() context: ReadContext,
    @Params() { limit }: ParamsOf<'getSuggestedUsersForSeeMore'>,
  ): Out<'getSuggestedUsersForSeeMore'> {
    return this.actors(context, limit)
  }

  @XrpcQuery('app.bsky.unspecced.getSuggestedOnboardingUsers')
  getSuggestedOnboardingUsers(
    @Context() context: ReadContext,
    @Params() { limit }: ParamsOf<'getSuggestedOnboardingUsers'>,
  ): Out<'getSuggestedOnboardingUsers'> {
    return this.actors(context, limit)
  }

  @XrpcQuery('app.bsky.unspecced.getSuggestedStarterPacks')
  async getSuggestedStarterPacks(
    @Context() context: ReadContext,
    @Params() { limit }: ParamsOf<'getSuggestedStarterPacks'>,
  ): Out<'getSuggestedStarterPacks'> {
    return { starterPacks: await this.packs.read(context, limit) }
  }

  @XrpcQuery('app.bsky.unspecced.getOnboardingSuggestedStarterPacks')
  async getOnboardingSuggestedStarterPacks(
    @Context() context: ReadContext,
    @Params() { limit }: ParamsOf<'getOnboardingSuggestedStarterPacks'>,
  ): Out<'getOnboardingSuggestedStarterPacks'> {
    return { starterPacks: await this.packs.read(context, limit) }
  }

  private async actors(context: ReadContext, limit: number): Out<'getSuggestedUsers'> {
    const { views } = await this.suggestions.read(context, limit)
    return { actors: views }
  }
}
