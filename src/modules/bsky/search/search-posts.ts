import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import type { AppBskyFeedDefsPostView } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { blocks } from '../hydrate/relationships.js'
import { fillPage, FIRST, type Page, type Place, placeOf } from '../page.js'
import { postView } from '../views/post-view.js'
import type { PostMatches } from './post-matches.js'

/** What is found of a search, and how much there is: up to {@link WINDOW}, no more is counted. */
export interface Found extends Page<AppBskyFeedDefsPostView> {
  hitsTotal?: number
}

/**
 * Matches are looked at in windows of so many, the last indexed first, and put in order within each: whatever is found, a
 * page costs the same. What is written here is in the order of time throughout; what is imported, within each window.
 */
export const WINDOW = 1_000

/** A like weighs as much as being the newer one by so long, at the second like; ten times the likes twice as much again. */
const TIME_SCALE_MS = 30 * 24 * 3600 * 1000

interface Row {
  /** Of the row in the index. */
  id: number
  uri: string
  sort_at: number
  score: number
}

interface Window {
  rows: Row[]
  /** Matches in it. */
  size: number
}

interface Line {
  uri: string
  place: Place
}

/** Searches posts. */
@Injectable()
export class SearchPosts {
  constructor(
    private readonly database: Database,
    private readonly hydrator: Hydrator,
  ) {}

  /**
   * A page of what matches, by time or by rank: how well it matches, how many like it, how new it is.
   * @throws XrpcError 400 InvalidRequest for a malformed cursor.
   */
  async find(
    context: ReadContext,
    matches: PostMatches,
    { sort, limit, cursor }: { sort: 'latest' | 'top'; limit: number; cursor?: string },
  ): Promise<Found> {
    const after = placeOf(cursor)
    if (matches.isImpossible) return { views: [], hitsTotal: 0 }
    const first = windowOf(after)
    let hitsTotal: number | undefined
    const page = await fillPage(
      limit,
      after,
      async (place, count) => {
        const { lines, size } = await this.read(matches, sort, place, count)
        if (first === null) hitsTotal ??= size
        return lines
      },
      async (lines) => {
        const h = await this.hydrator.hydrate(context, { posts: lines.map(({ uri }) => uri) })
        return lines.map(({ uri }) => {
          const did = h.posts.get(uri)?.did
          return did === undefined || blocks(h.relationships.get(did)) ? undefined : postView(uri, h)
        })
      },
    )
    return hitsTotal === undefined ? page : { ...page, hitsTotal }
  }
}
