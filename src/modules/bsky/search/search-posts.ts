import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import type { AppBskyFeedDefsPostView } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { ReadContext } from '../context.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { blocks } from '../hydrate/relationships.js'
import { fillPage, FIRST, type Page, type Place, placeOf } from '../page.js'
import { postView } from '../views/post-view.js'
import type { PostMatches } from './post-matches.js'

/** What is found, and how much there is: {@link WINDOW} when it is so much or more. */
export interface Found extends Page<AppBskyFeedDefsPostView> {
  hitsTotal?: number
}

/**
 * Matches are looked at in windows of so many, last indexed first, and put in order within each: a page costs the same
 * however much is found. Up to so many matches the order is exact; of more, what is written here comes in the order of time
 * all the same, and what was imported is in order within its window.
 */
const WINDOW = 300

/** In `top`, posts that come so much later weigh as much as e times the reactions, or as matching e times as well. */
const NEWNESS_MS = 30 * 24 * 3600 * 1000
/** The rank of `top` is kept as an integer. */
const RANK_SCALE = 1_000_000

const REACTIONS =
  'coalesce((SELECT s.likes + s.reposts + s.quotes + s.replies FROM bsky_post_stat s WHERE s.uri = p.uri), 0)'

/** The ranks of a row `p`, newest or best with the most. */
const RANKS = {
  latest: () => 'p.sort_at',
  top: (score: string) =>
    `CAST(round(${RANK_SCALE} * (ln(max(${score}, 1e-9)) + ln(2 + ${REACTIONS}) + p.sort_at / ${NEWNESS_MS}.0)) AS INTEGER)`,
}

export type SearchSort = keyof typeof RANKS

/** Where a line stands: in the window of the matches in rows below `top`, by rank and row. */
interface WindowPlace {
  top: number
  rank: number
  row: number
}

interface Line {
  uri: string
  place: Place
}

/** A line, and what is known of its window; no line when it has no more. */
interface WindowRow {
  uri: string | null
  rank: number
  id: number
  low: number | null
  high: number | null
  size: number
}

/** Searches posts. */
@Injectable()
export class SearchPosts {
  constructor(
    private readonly database: Database,
    private readonly hydrator: Hydrator,
  ) {}

  /**
   * A page of the posts that match: by time, or by how well they match, how many react to them, and how new they are.
   * @throws XrpcError 400 InvalidRequest for a malformed cursor.
   */
  async find(
    context: ReadContext,
    matches: PostMatches,
    { sort, limit, cursor }: { sort: SearchSort; limit: number; cursor?: string },
  ): Promise<Found> {
    const after = placeOf(cursor)
    const start = windowPlaceOf(after)
    if (matches.isImpossible || matches.isEmpty) return { views: [], hitsTotal: 0 }
    let hitsTotal: number | undefined
    const page = await fillPage(
      limit,
      after,
      async (place, count) => {
        const { lines, size } = await this.read(matches, sort, windowPlaceOf(place), count)
        if (start.top === LAST_ROW) hitsTotal ??= size
        return lines
      },
      async (lines) => {
        const h = await this.hydrator.hydrate(context, { posts: lines.map(({ uri }) => uri) })
        return lines.map(({ uri }) =>
          blocks(h.relationships.get(h.posts.get(uri)?.did ?? '')) ? undefined : postView(uri, h),
        )
      },
    )
    return hitsTotal === undefined ? page : { ...page, hitsTotal }
  }

  /** Up to `count` lines after a place, and how many matches its window has. */
  private async read(
    matches: PostMatches,
    sort: SearchSort,
    after: WindowPlace,
    count: number,
  ): Promise<{ lines: Line[]; size: number }> {
    const { from, where, row, score, values } = matches.select()
    const sql = `
      WITH matching AS MATERIALIZED (
        SELECT ${row} AS id, ${RANKS[sort](score)} AS rank FROM ${from}
        WHERE ${where} AND ${row} < ? ORDER BY ${row} DESC LIMIT ${WINDOW})
      SELECT (SELECT uri FROM bsky_post WHERE id = line.id) AS uri, line.rank, line.id, w.low, w.high, w.size
      FROM (SELECT min(id) AS low, max(id) AS high, count(*) AS size FROM matching) w
      LEFT JOIN (SELECT id, rank FROM matching WHERE (rank, id) < (?, ?) ORDER BY rank DESC, id DESC LIMIT ?) line ON TRUE
      ORDER BY line.rank DESC, line.id DESC`
    const lines: Line[] = []
    let firstSize: number | undefined
    for (let place = after; ;) {
      const { top, rank, row } = place
      const rows = await this.database.read.all<WindowRow>(sql, ...values, top, rank, row, count - lines.length)
      const { low, high, size } = rows[0]!
      firstSize ??= size
      // What is indexed from now on is not to move the first window under its reader.
      const fixed = top === LAST_ROW ? (high ?? 0) + 1 : top
      for (const { uri, rank, id } of rows)
        if (uri !== null) lines.push({ uri, place: { at: rank, key: `${fixed}:${id}` } })
      if (lines.length >= count || size < WINDOW || low === null) return { lines, size: firstSize }
      place = { top: low, rank: FIRST.at, row: LAST_ROW }
    }
  }
}

/** Above every row. */
const LAST_ROW = Number.MAX_SAFE_INTEGER

function windowPlaceOf({ at, key }: Place): WindowPlace {
  if (key === FIRST.key) return { top: LAST_ROW, rank: at, row: LAST_ROW }
  const [, top, row] = /^(\d{1,16}):(\d{1,16})$/.exec(key) ?? []
  if (top === undefined || row === undefined) throw invalidRequest('Malformed cursor')
  return { top: Number(top), rank: at, row: Number(row) }
}
