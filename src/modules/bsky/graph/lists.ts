import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import type { AppBskyGraphGetListOutput, AppBskyGraphDefsListView, XrpcMethods } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { ReadContext, SignedInContext } from '../context.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { fillPage, type Page, type Place, placeOf } from '../page.js'
import { listItemView } from '../views/starter-pack-view.js'
import { listView } from '../views/thing-view.js'
import { ListMembers } from './list-members.js'
import { type ListLine, ListPages } from './list-pages.js'
import { RecordNames } from './record-names.js'

type Membership = XrpcMethods['app.bsky.graph.getListsWithMembership']['output']['listsWithMembership'][number]
type Query = { actor: string; limit: number; cursor?: string; purposes?: readonly string[] }

/** Lists, and who is on them. */
@Injectable()
export class Lists {
  constructor(
    private readonly database: Database,
    private readonly hydrator: Hydrator,
    private readonly members: ListMembers,
    private readonly pages: ListPages,
    private readonly names: RecordNames,
  ) {}

  /** A list with a page of its members, the newest first. @throws XrpcError 400 InvalidRequest where there is none. */
  async one(
    context: ReadContext,
    { list, limit, cursor }: { list: string; limit: number; cursor?: string },
  ): Promise<AppBskyGraphGetListOutput> {
    const uri = await this.names.uriOf(list)
    const hydration = await this.hydrator.hydrate(context, { lists: uri === null ? [] : [uri] })
    const found = uri === null ? undefined : hydration.lists.get(uri)
    const view = found && listView(found.uri, hydration)
    if (!view) throw invalidRequest('List not found')
    const { views, ...rest } = await fillPage(
      limit,
      placeOf(cursor),
      (after, count) => this.members.read(found.uri, after, count),
      async (lines) => {
        const items = await this.members.shown(found, context.viewer, lines)
        const h = await this.hydrator.hydrate(context, { dids: items.map(({ did }) => did) })
        return items.map((item) => listItemView(item, h))
      },
    )
    return { list: view, items: views, ...rest }
  }

  /** The lists that an actor has made, the newest first. @throws XrpcError 400 InvalidRequest for an unknown handle. */
  async byActor(
    context: ReadContext,
    { actor, limit, cursor, purposes }: Query,
  ): Promise<Page<AppBskyGraphDefsListView>> {
    const did = await this.names.didOf(actor)
    const read = (after: Place, count: number): Promise<ListLine[]> => this.madeBy(did, purposes, after, count)
    return this.pages.fill(context, limit, placeOf(cursor), read)
  }

  /** The viewer's own lists, each with the item by which an actor is on it. @throws XrpcError as {@link byActor}. */
  async withMembership(context: SignedInContext, { actor, limit, cursor, purposes }: Query): Promise<Page<Membership>> {
    const did = await this.names.didOf(actor)
    return fillPage(
      limit,
      placeOf(cursor),
      (after, count) => this.madeBy(context.viewer, purposes, after, count),
      async (lines) => {
        const uris = lines.map(({ uri }) => uri)
        const h = await this.hydrator.hydrate(context, { lists: uris, dids: [did] })
        const items = await this.members.itemsOf(did, uris)
        return uris.map((uri) => {
          const list = listView(uri, h)
          const item = items.get(uri)
          const listItem = item && listItemView(item, h)
          return list && { list, ...(listItem && { listItem }) }
        })
      },
    )
  }

  /** Reference lists belong to starter packs and are never among these. */
  private async madeBy(
    did: string,
    purposes: readonly string[] = ['modlist', 'curatelist'],
    after: Place,
    count: number,
  ): Promise<ListLine[]> {
    const wanted = (purpose: string): string =>
      purposes.includes(purpose) || purposes.includes(`${DEFS}${purpose}`) ? `${DEFS}${purpose}` : ''
    const rows = await this.database.read.all<{ uri: string; sort_at: number }>(
      `SELECT uri, sort_at FROM bsky_list WHERE uri > ? AND uri < ? AND purpose IN (?, ?) AND (sort_at, uri) < (?, ?)
       ORDER BY sort_at DESC, uri DESC LIMIT ?`,
      `at://${did}/app.bsky.graph.list/`,
      `at://${did}/app.bsky.graph.list0`,
      wanted('modlist'),
      wanted('curatelist'),
      after.at,
      after.key,
      count,
    )
    return rows.map(({ uri, sort_at }) => ({ uri, place: { at: sort_at, key: uri } }))
  }
}

const DEFS = 'app.bsky.graph.defs#'
