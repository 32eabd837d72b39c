import { Injectable } from '@nestjs/common'
import type { AppBskyGraphDefsListView } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { fillPage, type Page, type Place } from '../page.js'
import { listView } from '../views/thing-view.js'

/** A list in a listing. */
export interface ListLine {
  uri: string
  place: Place
}

/** Makes pages of lists out of skeletons. Whose creator is not shown is left out. */
@Injectable()
export class ListPages {
  constructor(private readonly hydrator: Hydrator) {}

  /** A page of up to `limit` lists; `read` gives the lines after a place, in order. */
  fill(
    context: ReadContext,
    limit: number,
    after: Place,
    read: (after: Place, count: number) => Promise<ListLine[]>,
  ): Promise<Page<AppBskyGraphDefsListView>> {
    return fillPage(limit, after, read, async (lines) => {
      const uris = lines.map(({ uri }) => uri)
      const hydration = await this.hydrator.hydrate(context, { lists: uris })
      return uris.map((uri) => listView(uri, hydration))
    })
  }
}
