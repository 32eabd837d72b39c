import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import type { AppBskyUnspeccedGetTaggedSuggestionsSuggestion } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import { Generators } from '../generator/generators.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { blocks } from '../hydrate/relationships.js'
import { isShown } from '../views/profile-view.js'

type Suggestion = AppBskyUnspeccedGetTaggedSuggestionsSuggestion

const TAG = 'popular'
const COUNT = 10

/** Whom and what to begin with: the accounts that most follow, and the feeds that most like. */
@Injectable()
export class TaggedSuggestions {
  constructor(
    private readonly database: Database,
    private readonly hydrator: Hydrator,
    private readonly generators: Generators,
  ) {}

  async read(context: ReadContext): Promise<Suggestion[]> {
    const rows = await this.database.read.all<{ did: string }>(MOST_FOLLOWED, COUNT)
    const dids = rows.map(({ did }) => did)
    const h = await this.hydrator.hydrate(context, { dids })
    const shown = dids.filter((did) => isShown(did, h) && !blocks(h.relationships.get(did)))
    const feeds = await this.generators.popular(context, COUNT)
    return [
      ...shown.map((did): Suggestion => ({ tag: TAG, subjectType: 'actor', subject: did })),
      ...feeds.views.map(({ uri }): Suggestion => ({ tag: TAG, subjectType: 'feed', subject: uri })),
    ]
  }
}

const MOST_FOLLOWED = 'SELECT did FROM bsky_actor_stat WHERE followers > 0 ORDER BY followers DESC, did LIMIT ?'
