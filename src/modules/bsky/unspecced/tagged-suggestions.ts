import { Injectable } from '@nestjs/common'
import type { AppBskyUnspeccedGetTaggedSuggestionsSuggestion } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import { Generators } from '../generator/generators.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { blocks } from '../hydrate/relationships.js'
import { ActorRanking } from '../suggested/actor-ranking.js'
import { isShown } from '../views/shown.js'

type Suggestion = AppBskyUnspeccedGetTaggedSuggestionsSuggestion

const TAG = 'popular'
const COUNT = 10

/** Whom and what to begin with: the accounts that most follow, and the feeds that most like. */
@Injectable()
export class TaggedSuggestions {
  constructor(
    private readonly ranking: ActorRanking,
    private readonly hydrator: Hydrator,
    private readonly generators: Generators,
  ) {}

  async read(context: ReadContext): Promise<Suggestion[]> {
    const dids = (await this.ranking.ofAll()).slice(0, 2 * COUNT).map(({ did }) => did)
    const h = await this.hydrator.hydrate(context, { dids })
    const shown = dids.filter((did) => isShown(did, h) && !blocks(h.relationships.get(did)))
    const feeds = await this.generators.popular(context, COUNT)
    return [
      ...shown.slice(0, COUNT).map((did): Suggestion => ({ tag: TAG, subjectType: 'actor', subject: did })),
      ...feeds.views.map(({ uri }): Suggestion => ({ tag: TAG, subjectType: 'feed', subject: uri })),
    ]
  }
}
