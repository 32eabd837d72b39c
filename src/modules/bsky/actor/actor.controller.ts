import { Controller } from '@nestjs/common'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type ReadContext } from '../context.js'
import { Suggestions } from '../suggested/suggestions.js'
import { ActorSearch } from './actor-search.js'
import { Profiles } from './profiles.js'
import { BskyReads } from '../repo-rev.js'

type ParamsOf<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['params']
type Out<Nsid extends keyof XrpcMethods> = Promise<XrpcMethods[Nsid]['output']>

/** The queries of app.bsky.actor. */
@Controller()
@BskyReads()
export class ActorController {
  constructor(
    private readonly profiles: Profiles,
    private readonly suggestions: Suggestions,
    private readonly actorSearch: ActorSearch,
  ) {}

  @XrpcQuery('app.bsky.actor.getProfile')
  getProfile(
    @Context() context: ReadContext,
    @Params() { actor }: ParamsOf<'app.bsky.actor.getProfile'>,
  ): Out<'app.bsky.actor.getProfile'> {
    return this.profiles.one(context, actor)
  }

  @XrpcQuery('app.bsky.actor.getProfiles')
  async getProfiles(
    @Context() context: ReadContext,
    @Params() { actors }: ParamsOf<'app.bsky.actor.getProfiles'>,
  ): Out<'app.bsky.actor.getProfiles'> {
    return { profiles: await this.profiles.many(context, actors) }
  }

  @XrpcQuery('app.bsky.actor.getSuggestions')
  async getSuggestions(
    @Context() context: ReadContext,
    @Params() { limit, cursor }: ParamsOf<'app.bsky.actor.getSuggestions'>,
  ): Out<'app.bsky.actor.getSuggestions'> {
    const { views, ...rest } = await this.suggestions.read(context, limit, cursor)
    return { actors: views, ...rest }
  }

  @XrpcQuery('app.bsky.actor.searchActors')
  async searchActors(
    @Context() context: ReadContext,
    @Params() { q, term, limit, cursor }: ParamsOf<'app.bsky.actor.searchActors'>,
  ): Out<'app.bsky.actor.searchActors'> {
    const { views, ...rest } = await this.actorSearch.search(context, q ?? term ?? '', limit, cursor)
    return { actors: views, ...rest }
  }

  @XrpcQuery('app.bsky.actor.searchActorsTypeahead')
  async searchActorsTypeahead(
    @Context() context: ReadContext,
    @Params() { q, term, limit }: ParamsOf<'app.bsky.actor.searchActorsTypeahead'>,
  ): Out<'app.bsky.actor.searchActorsTypeahead'> {
    return { actors: await this.actorSearch.typeahead(context, q ?? term ?? '', limit) }
  }
}
