import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import type { AppBskyActorDefsProfileView, AppBskyGraphDefsListView } from '../../lexicon/types.js'
import { Mutes } from '../../private-state/mutes.js'
import { ActorPages } from '../actor/actor-pages.js'
import type { SignedInContext } from '../context.js'
import { type Page, type Place, placeOf } from '../page.js'
import { ListPages } from './list-pages.js'

/** Whom the viewer blocks and mutes, and the lists by which it does so; newest first. */
@Injectable()
export class OwnLines {
  constructor(
    private readonly database: Database,
    private readonly mutes: Mutes,
    private readonly actors: ActorPages,
    private readonly lists: ListPages,
  ) {}

  /** @throws XrpcError 400 InvalidRequest for a malformed cursor, as all of these. */
  blocks(context: SignedInContext, limit: number, cursor?: string): Promise<Page<AppBskyActorDefsProfileView>> {
    return this.actors.fill(context, limit, placeOf(cursor), async (after, count) => {
      const rows = await this.drawn('bsky_block', context.viewer, after, count)
      return rows.map(({ subject, place }) => ({ did: subject, place }))
    })
  }

  mutedActors(context: SignedInContext, limit: number, cursor?: string): Promise<Page<AppBskyActorDefsProfileView>> {
    return this.actors.fill(context, limit, placeOf(cursor), async (after, count) => {
      const lines = await this.mutes.list(context.viewer, after, count)
      return lines.map(({ place }) => ({ did: place.key, place }))
    })
  }

  listBlocks(context: SignedInContext, limit: number, cursor?: string): Promise<Page<AppBskyGraphDefsListView>> {
    return this.lists.fill(context, limit, placeOf(cursor), async (after, count) => {
      const rows = await this.drawn('bsky_list_block', context.viewer, after, count)
      return rows.map(({ subject, place }) => ({ uri: subject, place }))
    })
  }

  mutedLists(context: SignedInContext, limit: number, cursor?: string): Promise<Page<AppBskyGraphDefsListView>> {
    return this.lists.fill(context, limit, placeOf(cursor), async (after, count) => {
      const lines = await this.mutes.lists(context.viewer, after, count)
      return lines.map(({ place }) => ({ uri: place.key, place }))
    })
  }

  /** The viewer's blocks, one for each subject. */
  private async drawn(
    table: 'bsky_block' | 'bsky_list_block',
    viewer: string,
    after: Place,
    count: number,
  ): Promise<{ subject: string; place: Place }[]> {
    const rows = await this.database.read.all<{ subject: string; uri: string; sort_at: number }>(
      `SELECT subject, uri, sort_at FROM ${table} b WHERE did = ? AND (sort_at, uri) < (?, ?)
         AND NOT EXISTS (SELECT 1 FROM ${table} o WHERE o.did = b.did AND o.subject = b.subject AND o.uri < b.uri)
       ORDER BY sort_at DESC, uri DESC LIMIT ?`,
      viewer,
      after.at,
      after.key,
      count,
    )
    return rows.map(({ subject, uri, sort_at }) => ({ subject, place: { at: sort_at, key: uri } }))
  }
}
