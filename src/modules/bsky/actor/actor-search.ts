import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'
import type { AppBskyActorDefsProfileView, AppBskyActorDefsProfileViewBasic } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { blocks } from '../hydrate/relationships.js'
import { FIRST, fillPage, type Page, placeOf } from '../page.js'
import { byRank, type RankedActor, rankedAfter } from '../ranking.js'
import { profileViewBasic } from '../views/profile-view.js'
import { ActorPages, withoutViewerBlocks } from './actor-pages.js'
import { type ActorQuery, parseActorQuery } from './actor-query.js'

/** So many at most are ranked for each way of matching. */
const MAX_MATCHES = 300

/** What makes a match better than any in which less of this is so: powers of two, above any number of followers. */
const FOLLOWERS = 1_000_000_000
const FOLLOWS_VIEWER = FOLLOWERS
const FOLLOWED_BY_VIEWER = 2 * FOLLOWERS
const WAY = 4 * FOLLOWERS

interface Match {
  did: string
  followers: number
}

/** Actors by handle, name and description. */
@Injectable()
export class ActorSearch {
  constructor(
    private readonly database: Database,
    private readonly hydrator: Hydrator,
    private readonly pages: ActorPages,
  ) {}

  /** A page of actors, the best match first. @throws XrpcError 400 InvalidRequest for a malformed cursor. */
  async search(
    context: ReadContext,
    term: string,
    limit: number,
    cursor?: string,
  ): Promise<Page<AppBskyActorDefsProfileView>> {
    const ranked = await this.rank(parseActorQuery(term), context.viewer)
    return this.pages.fill(
      context,
      limit,
      placeOf(cursor),
      (after, count) => Promise.resolve(rankedAfter(ranked, after, count)),
      withoutViewerBlocks,
    )
  }

  /** The best matches for somebody who is still typing. Whoever has exactly that handle is found in spite of blocks. */
  async typeahead(context: ReadContext, term: string, limit: number): Promise<AppBskyActorDefsProfileViewBasic[]> {
    const query = parseActorQuery(term)
    const ranked = await this.rank(query, context.viewer)
    const { views } = await fillPage(
      limit,
      FIRST,
      (after, count) => Promise.resolve(rankedAfter(ranked, after, count)),
      async (lines) => {
        const h = await this.hydrator.hydrate(context, { dids: lines.map(({ did }) => did) })
        return lines.map(({ did }) =>
          h.actors.get(did)?.handle === query.handle || !blocks(h.relationships.get(did))
            ? profileViewBasic(did, h)
            : undefined,
        )
      },
    )
    return views
  }

  /**
   * The matches: by the whole handle, its first labels, its beginning, the beginning of the name, words of handle and
   * name, words of anything; among equals whom the viewer follows, who follows the viewer, and then the most followed.
   */
  private async rank(query: ActorQuery, viewer: string | null): Promise<RankedActor[]> {
    const found = new Map<string, Match & { score: number }>()
    const add = (matches: readonly Match[], way: number): void => {
      for (const match of matches)
        if (!found.has(match.did))
          found.set(match.did, { ...match, score: way * WAY + Math.min(match.followers, FOLLOWERS - 1) })
    }
    if (query.handle !== '') {
      add(await this.byHandle('handle = ?', query.handle), 6)
      add(await this.byHandle('handle > ? AND handle < ?', `${query.handle}.`, `${query.handle}/`), 5)
      add(await this.byHandle('handle >= ? AND handle < ?', query.handle, `${query.handle}\u{10ffff}`), 4)
    }
    for (const [way, words] of query.matches) if (found.size < MAX_MATCHES) add(await this.byWords(words), way)
    if (viewer !== null) await this.favour(found, viewer)
    return [...found.values()].map(({ did, score }) => ({ did, place: { at: score, key: did } })).sort(byRank)
  }

  private byHandle(where: string, ...values: string[]): Match[] | Promise<Match[]> {
    return this.database.read.all<Match>(
      `SELECT did, ${COUNT} FROM bsky_actor a WHERE ${where} LIMIT ${MAX_MATCHES}`,
      ...values,
    )
  }

  /** @NOTE SQLite; PostgreSQL matches its tsvector columns with `@@ to_tsquery`. */
  private byWords(words: string): Match[] | Promise<Match[]> {
    return this.database.read.all<Match>(
      `SELECT did, ${COUNT} FROM bsky_actor a WHERE id IN
         (SELECT rowid FROM bsky_actor_search WHERE bsky_actor_search MATCH ? LIMIT ${MAX_MATCHES})`,
      words,
    )
  }

  private async favour(found: Map<string, { score: number }>, viewer: string): Promise<void> {
    const { read } = this.database
    const dids = [...found.keys()]
    const followed = await readIn<{ did: string }>(
      read,
      (marks) => `SELECT DISTINCT subject AS did FROM bsky_follow WHERE did = ? AND subject IN (${marks})`,
      dids,
      viewer,
    )
    const following = await readIn<{ did: string }>(
      read,
      (marks) => `SELECT DISTINCT did FROM bsky_follow WHERE subject = ? AND did IN (${marks})`,
      dids,
      viewer,
    )
    for (const { did } of followed) found.get(did)!.score += FOLLOWED_BY_VIEWER
    for (const { did } of following) found.get(did)!.score += FOLLOWS_VIEWER
  }
}

const COUNT = 'coalesce((SELECT followers FROM bsky_actor_stat s WHERE s.did = a.did), 0) AS followers'
