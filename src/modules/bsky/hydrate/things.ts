import { Injectable } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'
import { PROFILE } from '../../lexicon/collections.js'
import type {
  AppBskyFeedGenerator,
  AppBskyGraphList,
  AppBskyGraphStarterpack,
  AppBskyLabelerService,
  ComAtprotoLabelDefsLabel,
} from '../../lexicon/types.js'
import { Labels } from '../../moderation/labels.js'
import { Takedowns } from '../../moderation/takedowns.js'
import { type Held, held } from './actors.js'
import type { Repost } from './hydration.js'
import { Freshness, ReadCache } from './read-cache.js'

/** A record that others refer to: a list, a feed generator, a starter pack, a labeler. */
export interface Thing<Value> extends Held<Value> {
  did: Did
  labels: readonly ComAtprotoLabelDefsLabel[]
  /** Likes of generators and labelers; members of lists; people who joined through starter packs. */
  count: number
  /** Of the starter pack's count, those of the last seven days. */
  weekCount: number
  takenDown: boolean
}

export type List = Thing<AppBskyGraphList>
export type Generator = Thing<AppBskyFeedGenerator>
export type StarterPack = Thing<AppBskyGraphStarterpack>
export type Labeler = Thing<AppBskyLabelerService>

interface Row {
  uri: string
  cid: string
  did: Did
  json: string
  sort_at: number
  indexed_at: number
  count: number | null
  week_count?: number | null
}

const LIKES = '(SELECT likes FROM bsky_post_stat s WHERE s.uri = t.uri)'
const MEMBERS = '(SELECT count(DISTINCT subject) FROM bsky_list_item i WHERE i.list = t.uri)'
const JOINED = `(SELECT count(*) FROM bsky_backlink b WHERE b.target = t.uri AND b.path = '${PROFILE}:joinedViaStarterPack.uri'`
const MAX_REPOSTS = 20_000
const WEEK_MS = 7 * 24 * 3600 * 1000

/** Reads lists, generators, starter packs and labelers, many at a time. */
@Injectable()
export class Things {
  private readonly reposts: ReadCache<Repost>

  constructor(
    private readonly database: Database,
    private readonly labels: Labels,
    private readonly takedowns: Takedowns,
    freshness: Freshness,
  ) {
    this.reposts = new ReadCache(MAX_REPOSTS, freshness)
  }

  async fillLists(into: Map<string, List>, uris: readonly string[]): Promise<void> {
    await this.fill(into, uris, (marks) => `SELECT t.*, ${MEMBERS} AS count FROM bsky_list t WHERE t.uri IN (${marks})`)
  }

  async fillGenerators(into: Map<string, Generator>, uris: readonly string[]): Promise<void> {
    await this.fill(
      into,
      uris,
      (marks) => `SELECT t.*, ${LIKES} AS count FROM bsky_generator t WHERE t.uri IN (${marks})`,
    )
  }

  async fillLabelers(into: Map<string, Labeler>, uris: readonly string[]): Promise<void> {
    await this.fill(
      into,
      uris,
      (marks) => `SELECT t.*, ${LIKES} AS count FROM bsky_labeler t WHERE t.uri IN (${marks})`,
    )
  }

  /** `now`: milliseconds since the epoch, for the count of the week. */
  async fillStarterPacks(into: Map<string, StarterPack>, uris: readonly string[], now: number): Promise<void> {
    await this.fill(
      into,
      uris,
      (marks) => `SELECT t.*, ${JOINED}) AS count, ${JOINED} AND b.sort_at > ?) AS week_count
        FROM bsky_starter_pack t WHERE t.uri IN (${marks})`,
      now - WEEK_MS,
    )
  }

  async fillReposts(into: Map<string, Repost>, uris: readonly string[]): Promise<void> {
    await this.reposts.fill(into, uris, (missing) => this.readReposts(missing))
  }

  private async readReposts(uris: readonly string[]): Promise<Iterable<[string, Repost]>> {
    const rows = await readIn<Omit<Repost, 'indexedAt'> & { indexed_at: number }>(
      this.database.read,
      (marks) => `SELECT uri, cid, did, subject, indexed_at FROM bsky_repost WHERE uri IN (${marks})`,
      uris,
    )
    const takenDown = await this.takedowns.of(rows.map(({ uri }) => uri))
    return rows
      .filter(({ uri }) => !takenDown.has(uri))
      .map(({ indexed_at, ...repost }) => [repost.uri, { ...repost, indexedAt: indexed_at }])
  }

  private async fill<Value>(
    into: Map<string, Thing<Value>>,
    uris: readonly string[],
    sql: (marks: string) => string,
    ...before: number[]
  ): Promise<void> {
    const missing = uris.filter((uri) => !into.has(uri))
    if (missing.length === 0) return
    const rows = await readIn<Row>(this.database.read, sql, missing, ...before)
    if (rows.length === 0) return
    const known = rows.map(({ uri }) => uri)
    const labels = await this.labels.of(known, null)
    const takenDown = await this.takedowns.of(known)
    for (const row of rows)
      into.set(row.uri, {
        ...held<Value>(row),
        did: row.did,
        labels: labels.get(row.uri) ?? [],
        count: row.count ?? 0,
        weekCount: row.week_count ?? 0,
        takenDown: takenDown.has(row.uri),
      })
  }
}
