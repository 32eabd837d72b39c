import { Injectable } from '@nestjs/common'
import { Clock } from '../../config/clock.js'
import { Database } from '../../database/database.js'
import type { AppBskyFeedPost, AppBskyUnspeccedDefsTrendView } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { blocks, mutes } from '../hydrate/relationships.js'
import { isoTime } from '../views/label-view.js'
import { profileViewBasic } from '../views/profile-view.js'
import { type Topic, topicsOf } from './topics.js'

/** Something that several people write about. */
export interface Trend extends Omit<Topic, 'key'> {
  /** When the oldest of the posts that count was written: milliseconds since the epoch. */
  startedAt: number
  postCount: number
  /** Its authors, who wrote last first. */
  dids: readonly string[]
}

/** How many of the newest posts are looked at, and how old they may be. */
const MAX_POSTS = 3_000
const MAX_AGE_MS = 7 * 24 * 3600 * 1000
const MIN_AUTHORS = 2
const MAX_TRENDS = 50
const ACTORS_SHOWN = 5
/** Found anew after this long. */
const KEPT_MS = 30_000

interface Row {
  did: string
  json: string
  sort_at: number
}

/** What people here write about lately: the tags and links of the newest posts, by how many use them. */
@Injectable()
export class Trends {
  private kept: { trends: readonly Trend[]; at: number } | null = null

  constructor(
    private readonly database: Database,
    private readonly hydrator: Hydrator,
    private readonly clock: Clock,
  ) {}

  /** Those that most people write about first; as of half a minute ago at most. */
  async top(limit: number): Promise<readonly Trend[]> {
    const now = this.clock.now()
    if (!this.kept || now - this.kept.at >= KEPT_MS || now < this.kept.at)
      this.kept = { trends: await this.find(now), at: now }
    return this.kept.trends.slice(0, limit)
  }

  /** The same with the authors whom the viewer may see; without those that nobody else has written about. */
  async views(context: ReadContext, limit: number): Promise<AppBskyUnspeccedDefsTrendView[]> {
    const trends = await this.top(MAX_TRENDS)
    const h = await this.hydrator.hydrate(context, { dids: trends.flatMap(({ dids }) => dids) })
    const views = trends.flatMap(({ startedAt, dids, ...trend }) => {
      const actors = dids.flatMap((did) => {
        const relationship = h.relationships.get(did)
        return blocks(relationship) || mutes(relationship) ? [] : (profileViewBasic(did, h) ?? [])
      })
      return actors.length === 0
        ? []
        : { ...trend, startedAt: isoTime(startedAt), actors: actors.slice(0, ACTORS_SHOWN) }
    })
    return views.slice(0, limit)
  }

  private async find(now: number): Promise<Trend[]> {
    const rows = await this.database.read.all<Row>(NEWEST, MAX_POSTS, now - MAX_AGE_MS)
    const found = new Map<string, Omit<Trend, 'dids'> & { authors: Set<string> }>()
    for (const { did, json, sort_at: at } of rows)
      for (const { key, ...topic } of topicsOf(JSON.parse(json) as AppBskyFeedPost)) {
        let trend = found.get(key)
        if (!trend) found.set(key, (trend = { ...topic, startedAt: at, postCount: 0, authors: new Set() }))
        trend.postCount++
        trend.startedAt = Math.min(trend.startedAt, at)
        trend.authors.add(did)
      }
    return [...found.values()]
      .filter(({ authors }) => authors.size >= MIN_AUTHORS)
      .sort((a, b) => b.authors.size - a.authors.size || b.postCount - a.postCount || b.startedAt - a.startedAt)
      .slice(0, MAX_TRENDS)
      .map(({ authors, ...trend }) => ({ ...trend, dids: [...authors].slice(0, MAX_AUTHORS) }))
  }
}

/** Enough that some are left for a viewer who does not see all of them. */
const MAX_AUTHORS = 10

/** The newest posts with a tag or a link in them: only these are worth reading. */
const NEWEST = `SELECT did, json, sort_at FROM bsky_post
  WHERE id > (SELECT max(id) FROM bsky_post) - ? AND sort_at > ?
    AND (json LIKE '%facet#tag"%' OR json LIKE '%facet#link"%' OR json LIKE '%"tags":[%' OR json LIKE '%embed.external"%')
  ORDER BY id DESC`
