import { Injectable } from '@nestjs/common'
import type { AppBskyActorDefsProfileView } from '../../lexicon/types.js'
import { ActorPages, type ActorRule } from '../actor/actor-pages.js'
import type { ReadContext } from '../context.js'
import { blocks, mutes } from '../hydrate/relationships.js'
import { type Page, type Place, placeOf } from '../page.js'
import { type RankedActor, rankedAfter } from '../ranking.js'
import { ActorRanking } from './actor-ranking.js'

/** Whom the viewer may want to follow; never itself, nor whom it follows, mutes or has a block with. */
@Injectable()
export class Suggestions {
  constructor(
    private readonly ranking: ActorRanking,
    private readonly pages: ActorPages,
  ) {}

  /** The best first. @throws XrpcError 400 InvalidRequest for a malformed cursor. */
  async read(context: ReadContext, limit: number, cursor?: string): Promise<Page<AppBskyActorDefsProfileView>> {
    const ranked = await this.ranking.forActor(context.viewer)
    const read = (after: Place, count: number): Promise<RankedActor[]> =>
      Promise.resolve(rankedAfter(ranked, after, count))
    return this.pages.fill(context, limit, placeOf(cursor), read, isNew)
  }
}

/** Whom the viewer has not made up its mind about. */
export const isNew: ActorRule = (did, h) => {
  const relationship = h.relationships.get(did)
  return did !== h.context.viewer && !relationship?.following && !blocks(relationship) && !mutes(relationship)
}
