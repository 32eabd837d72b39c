import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import type {
  AppBskyGraphDefsStarterPackView,
  AppBskyGraphDefsStarterPackViewBasic,
  XrpcMethods,
} from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { ReadContext, SignedInContext } from '../context.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { fillPage, type Page, type Place, placeOf } from '../page.js'
import { listItemView } from '../views/starter-pack-view.js'
import { starterPackViewBasic } from '../views/thing-view.js'
import { ListMembers } from './list-members.js'
import { RecordNames } from './record-names.js'
import { type PackRule, StarterPackPages } from './starter-pack-pages.js'

type Membership =
  XrpcMethods['app.bsky.graph.getStarterPacksWithMembership']['output']['starterPacksWithMembership'][number]
type Query = { actor: string; limit: number; cursor?: string }

/** Starter packs by name and by creator. */
@Injectable()
export class StarterPacks {
  constructor(
    private readonly database: Database,
    private readonly hydrator: Hydrator,
    private readonly members: ListMembers,
    private readonly pages: StarterPackPages,
    private readonly names: RecordNames,
  ) {}

  /** @throws XrpcError 400 InvalidRequest where there is none. */
  async one(context: ReadContext, starterPack: string): Promise<AppBskyGraphDefsStarterPackView> {
    const uri = await this.names.uriOf(starterPack)
    const [view] = uri === null ? [] : await this.pages.view(context, [uri], EVERY)
    if (!view) throw invalidRequest('Starter pack not found')
    return view
  }

  /** Those of the starter packs that are shown, in their order; each once. */
  async byUri(context: ReadContext, uris: readonly string[]): Promise<AppBskyGraphDefsStarterPackViewBasic[]> {
    const distinct = [...new Set(uris)]
    const hydration = await this.hydrator.hydrate(context, { starterPacks: distinct })
    return distinct.flatMap((uri) => starterPackViewBasic(uri, hydration) ?? [])
  }

  /** Those that an actor has made, the newest first. @throws XrpcError 400 InvalidRequest for an unknown handle. */
  async byActor(
    context: ReadContext,
    { actor, limit, cursor }: Query,
  ): Promise<Page<AppBskyGraphDefsStarterPackViewBasic>> {
    const did = await this.names.didOf(actor)
    return this.pages.fillBasic(context, limit, placeOf(cursor), (after, count) => this.madeBy(did, after, count))
  }

  /** The viewer's own, each with the item by which an actor is on its list. @throws XrpcError as {@link byActor}. */
  async withMembership(context: SignedInContext, { actor, limit, cursor }: Query): Promise<Page<Membership>> {
    const did = await this.names.didOf(actor)
    return fillPage(
      limit,
      placeOf(cursor),
      (after, count) => this.madeBy(context.viewer, after, count),
      async (lines) => {
        const views = await this.pages.view(
          context,
          lines.map(({ uri }) => uri),
          EVERY,
        )
        const items = await this.members.itemsOf(
          did,
          views.flatMap((view) => view?.list?.uri ?? []),
        )
        const h = await this.hydrator.hydrate(context, { dids: [did] })
        return views.map((starterPack) => {
          const item = items.get(starterPack?.list?.uri ?? '')
          const listItem = item && listItemView(item, h)
          return starterPack && { starterPack, ...(listItem && { listItem }) }
        })
      },
    )
  }

  private async madeBy(did: string, after: Place, count: number): Promise<{ uri: string; place: Place }[]> {
    const rows = await this.database.read.all<{ uri: string; sort_at: number }>(
      `SELECT uri, sort_at FROM bsky_starter_pack WHERE uri > ? AND uri < ? AND (sort_at, uri) < (?, ?)
       ORDER BY sort_at DESC, uri DESC LIMIT ?`,
      `at://${did}/app.bsky.graph.starterpack/`,
      `at://${did}/app.bsky.graph.starterpack0`,
      after.at,
      after.key,
      count,
    )
    return rows.map(({ uri, sort_at }) => ({ uri, place: { at: sort_at, key: uri } }))
  }
}

const EVERY: PackRule = () => true
