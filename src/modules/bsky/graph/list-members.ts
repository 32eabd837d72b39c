import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'
import { Relationships } from '../hydrate/relationships.js'
import type { List } from '../hydrate/things.js'
import type { Place } from '../page.js'
import type { ListItem } from '../views/starter-pack-view.js'
import { LIST_ITEM, OPT_OUT } from '../../lexicon/collections.js'

/** A member of a list, by the item that counts. */
export interface Member extends ListItem {
  place: Place
}

/** More who do not want to be on one list are not looked for. */
const MAX_OPT_OUTS = 5_000

/** Who is on lists. */
@Injectable()
export class ListMembers {
  constructor(
    private readonly database: Database,
    private readonly relationships: Relationships,
  ) {}

  /** Up to `count` members of a list that come after a place, those who were put on it last first. */
  async read(list: string, after: Place, count: number): Promise<Member[]> {
    const rows = await this.database.read.all<{ did: string; uri: string; sort_at: number }>(
      `SELECT i.subject AS did, b.uri, b.sort_at FROM bsky_backlink b CROSS JOIN bsky_list_item i ON i.uri = b.uri
       WHERE b.target = ? AND b.path = '${LIST_ITEM}:list' AND (b.sort_at, b.uri) < (?, ?)
         AND NOT EXISTS (SELECT 1 FROM bsky_list_item o WHERE o.list = i.list AND o.subject = i.subject AND o.uri < i.uri)
       ORDER BY b.sort_at DESC, b.uri DESC LIMIT ?`,
      list,
      after.at,
      after.key,
      count,
    )
    return rows.map(({ did, uri, sort_at }) => ({ did, uri, place: { at: sort_at, key: uri } }))
  }

  /** The item by which an actor is on a list, by list; none where it is not. */
  async itemsOf(did: string, lists: readonly string[]): Promise<Map<string, ListItem>> {
    const rows = await readIn<{ list: string; uri: string }>(
      this.database.read,
      (marks) =>
        `SELECT list, min(uri) AS uri FROM bsky_list_item WHERE subject = ? AND list IN (${marks}) GROUP BY list`,
      lists,
      did,
    )
    return new Map(rows.map(({ list, uri }) => [list, { did, uri }]))
  }

  /**
   * Those of the members whom a viewer is to see: whoever has a block with the creator is seen by the creator alone,
   * except on a list for moderation; whoever has opted out of a reference list as well, and marked as such.
   */
  async shown<Item extends ListItem>(
    { uri, did, value }: List,
    viewer: string | null,
    items: readonly Item[],
  ): Promise<Item[]> {
    const { purpose } = value
    const optedOut = purpose === REFERENCE ? await this.optedOut(uri) : NOBODY
    if (viewer === did) return items.map((item) => (optedOut.has(item.did) ? { ...item, optedOut: true } : item))
    const blocked =
      purpose === MODERATION
        ? NOBODY
        : await this.relationships.blockedWith(
            did,
            items.map((item) => item.did),
          )
    return items.filter((item) => !blocked.has(item.did) && !optedOut.has(item.did))
  }

  private async optedOut(list: string): Promise<ReadonlySet<string>> {
    const rows = await this.database.read.all<{ did: string }>(
      `SELECT did FROM bsky_backlink WHERE target = ? AND path = '${OPT_OUT}:subject' LIMIT ?`,
      list,
      MAX_OPT_OUTS,
    )
    return new Set(rows.map(({ did }) => did))
  }
}

const MODERATION = 'app.bsky.graph.defs#modlist'
const REFERENCE = 'app.bsky.graph.defs#referencelist'
const NOBODY: ReadonlySet<string> = new Set()
