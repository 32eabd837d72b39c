import { Injectable } from '@nestjs/common'
import type { XrpcMethods } from '../../lexicon/types.js'
import { ActorPages } from '../actor/actor-pages.js'
import type { ReadContext } from '../context.js'
import { Actors } from '../hydrate/actors.js'
import { FIRST } from '../page.js'
import { type RankedActor, rankedAfter } from '../ranking.js'
import { ActorRanking } from './actor-ranking.js'
import { isNew } from './suggestions.js'

type Output = XrpcMethods['app.bsky.graph.getSuggestedFollowsByActor']['output']

const SHOWN = 20

/** Whom to follow for whoever has just followed an actor. */
@Injectable()
export class RelativeSuggestions {
  constructor(
    private readonly actors: Actors,
    private readonly ranking: ActorRanking,
    private readonly pages: ActorPages,
  ) {}

  /** Whom the followers of the actor follow, else the most followed of all; never an error. */
  async read(context: ReadContext, actor: string): Promise<Output> {
    const did = await this.actors.didOf(actor)
    const like = did === null ? [] : await this.shown(context, did, await this.ranking.like(did))
    if (like.length > 0) return { suggestions: like, isFallback: false }
    return { suggestions: await this.shown(context, did, await this.ranking.ofAll()), isFallback: true }
  }

  private async shown(
    context: ReadContext,
    except: string | null,
    ranked: readonly RankedActor[],
  ): Promise<Output['suggestions']> {
    const { views } = await this.pages.fill(
      context,
      SHOWN,
      FIRST,
      (after, count) => Promise.resolve(rankedAfter(ranked, after, count)),
      (did, h) => did !== except && isNew(did, h),
    )
    return views
  }
}
