import { Injectable } from '@nestjs/common'
import { Clock } from '../../config/clock.js'
import { Database } from '../../database/database.js'
import { PROFILE } from '../../lexicon/collections.js'
import type { AppBskyGraphDefsStarterPackView } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import { StarterPackPages, withoutBlockedCreators } from '../graph/starter-pack-pages.js'
import { FIRST, type Place } from '../page.js'
import { rankedAfter } from '../ranking.js'

const MAX_RANKED = 200
/** How long the best stay those that they were. */
const RANKED_MS = 10_000

/** Starter packs for those who look for some: those through which most have joined, then the newest. */
@Injectable()
export class SuggestedPacks {
  private ranked: { packs: { uri: string; place: Place }[]; at: number } | null = null

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly pages: StarterPackPages,
  ) {}

  /** Up to `limit` of those who are shown to the viewer, the best first. */
  async read(context: ReadContext, limit: number): Promise<AppBskyGraphDefsStarterPackView[]> {
    const ranked = await this.ranking()
    const { views } = await this.pages.fill(
      context,
      limit,
      FIRST,
      (after, count) => Promise.resolve(rankedAfter(ranked, after, count)),
      withoutBlockedCreators,
    )
    return views
  }

  /** At-uris of the best. */
  async skeleton(limit: number): Promise<string[]> {
    const ranked = await this.ranking()
    return ranked.slice(0, limit).map(({ uri }) => uri)
  }

  private async ranking(): Promise<{ uri: string; place: Place }[]> {
    const now = this.clock.now()
    if (!this.ranked || now - this.ranked.at >= RANKED_MS) {
      const rows = await this.database.read.all<{ uri: string }>(
        `SELECT uri FROM bsky_starter_pack p
         ORDER BY (SELECT count(*) FROM bsky_backlink b WHERE b.target = p.uri
           AND b.path = '${PROFILE}:joinedViaStarterPack.uri') DESC, sort_at DESC, uri LIMIT ?`,
        MAX_RANKED,
      )
      this.ranked = { packs: rows.map(({ uri }, rank) => ({ uri, place: { at: -rank, key: uri } })), at: now }
    }
    return this.ranked.packs
  }
}
