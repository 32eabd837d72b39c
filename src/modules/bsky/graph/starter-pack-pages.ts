import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import type { AppBskyGraphDefsStarterPackView, AppBskyGraphDefsStarterPackViewBasic } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import type { Hydration } from '../hydrate/hydration.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { blocks } from '../hydrate/relationships.js'
import { fillPage, type Page, type Place } from '../page.js'
import { type ListItem, starterPackView } from '../views/starter-pack-view.js'
import { shownRecord } from '../views/shown.js'
import { starterPackViewBasic } from '../views/thing-view.js'
import { ListMembers } from './list-members.js'

/** A starter pack in a listing. */
export interface PackLine {
  uri: string
  place: Place
}

/** Leaves starter packs out by their creator, beyond those who are not shown to anybody. */
export type PackRule = (creator: string, hydration: Hydration) => boolean

/** Reads the lines after a place, in order. */
type ReadPacks = (after: Place, count: number) => Promise<PackLine[]>

/** The sample of members is drawn from so many. */
const MAX_MEMBERS = 150

/** Makes pages of starter packs out of skeletons. */
@Injectable()
export class StarterPackPages {
  constructor(
    private readonly database: Database,
    private readonly hydrator: Hydrator,
    private readonly members: ListMembers,
  ) {}

  /** A page of up to `limit` starter packs in short. */
  fillBasic(
    context: ReadContext,
    limit: number,
    after: Place,
    read: ReadPacks,
    keep: PackRule = () => true,
  ): Promise<Page<AppBskyGraphDefsStarterPackViewBasic>> {
    return fillPage(limit, after, read, async (lines) => {
      const uris = lines.map(({ uri }) => uri)
      const h = await this.hydrator.hydrate(context, { starterPacks: uris })
      return uris.map((uri) => (isKept(uri, h, keep) ? starterPackViewBasic(uri, h) : undefined))
    })
  }

  /** A page of up to `limit` starter packs in full. */
  fill(
    context: ReadContext,
    limit: number,
    after: Place,
    read: ReadPacks,
    keep: PackRule,
  ): Promise<Page<AppBskyGraphDefsStarterPackView>> {
    return fillPage(limit, after, read, (lines) =>
      this.view(
        context,
        lines.map(({ uri }) => uri),
        keep,
      ),
    )
  }

  /** Starter packs in full, undefined for what is left out. The most followed members are shown with each. */
  async view(
    context: ReadContext,
    uris: readonly string[],
    keep: PackRule,
  ): Promise<(AppBskyGraphDefsStarterPackView | undefined)[]> {
    const h = await this.hydrator.hydrate(context, { starterPacks: uris })
    const shown = uris.map((uri) => (isKept(uri, h, keep) ? uri : undefined))
    const members = new Map<string, ListItem[]>()
    for (const uri of shown) {
      const list = uri && shownRecord(h.lists.get(h.starterPacks.get(uri)!.value.list), h)
      if (!list) continue
      const best = await this.mostFollowed(list.uri)
      members.set(uri, await this.members.shown(list, context.viewer, best))
    }
    await this.hydrator.add(h, { dids: [...members.values()].flatMap((items) => items.map(({ did }) => did)) })
    return shown.map((uri) => (uri === undefined ? undefined : starterPackView(uri, members.get(uri) ?? [], h)))
  }

  private async mostFollowed(list: string): Promise<ListItem[]> {
    return this.database.read.all<ListItem>(
      `SELECT uri, did FROM (SELECT min(uri) AS uri, subject AS did FROM bsky_list_item WHERE list = ?
         GROUP BY subject LIMIT ?) m
       ORDER BY coalesce((SELECT followers FROM bsky_actor_stat s WHERE s.did = m.did), 0) DESC, uri LIMIT 50`,
      list,
      MAX_MEMBERS,
    )
  }
}

function isKept(uri: string, h: Hydration, keep: PackRule): boolean {
  const creator = h.starterPacks.get(uri)?.did
  return creator !== undefined && keep(creator, h)
}

/** No block of any kind between the viewer and the creator. */
export const withoutBlockedCreators: PackRule = (creator, h) => !blocks(h.relationships.get(creator))
