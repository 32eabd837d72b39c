import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import type { AppBskyGraphDefsStarterPackView, AppBskyGraphDefsStarterPackViewBasic } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import { type Page, type Place, placeOf } from '../page.js'
import { type PackLine, StarterPackPages, withoutBlockedCreators } from './starter-pack-pages.js'

type Query = { q: string; limit: number; cursor?: string }

const MAX_WORDS = 8

/** Starter packs whose name holds every word that is looked for, the newest first. */
@Injectable()
export class StarterPackSearch {
  constructor(
    private readonly database: Database,
    private readonly pages: StarterPackPages,
  ) {}

  /** @throws XrpcError 400 InvalidRequest for a malformed cursor. */
  basic(context: ReadContext, { q, limit, cursor }: Query): Promise<Page<AppBskyGraphDefsStarterPackViewBasic>> {
    return this.pages.fillBasic(context, limit, placeOf(cursor), this.named(q), withoutBlockedCreators)
  }

  /** As {@link basic}, in full. */
  full(context: ReadContext, { q, limit, cursor }: Query): Promise<Page<AppBskyGraphDefsStarterPackView>> {
    return this.pages.fill(context, limit, placeOf(cursor), this.named(q), withoutBlockedCreators)
  }

  private named(q: string): (after: Place, count: number) => Promise<PackLine[]> {
    const words = q.replaceAll('\0', ' ').split(/\s+/).filter(Boolean).slice(0, MAX_WORDS)
    if (words.length === 0) return () => Promise.resolve([])
    const holds = words.map(() => `lower(json_extract(json, '$.name')) LIKE ? ESCAPE '\\'`).join(' AND ')
    const patterns = words.map((word) => `%${word.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`)
    return async (after, count) => {
      const rows = await this.database.read.all<{ uri: string; sort_at: number }>(
        `SELECT uri, sort_at FROM bsky_starter_pack WHERE (sort_at, uri) < (?, ?) AND ${holds}
         ORDER BY sort_at DESC, uri DESC LIMIT ?`,
        after.at,
        after.key,
        ...patterns,
        count,
      )
      return rows.map(({ uri, sort_at }) => ({ uri, place: { at: sort_at, key: uri } }))
    }
  }
}
