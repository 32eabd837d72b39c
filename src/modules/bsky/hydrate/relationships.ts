import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'
import { ActivitySubscriptions } from '../../private-state/activity-subscriptions.js'
import { Mutes } from '../../private-state/mutes.js'
import { Freshness } from './read-cache.js'

/** How a viewer and another actor stand to each other. Uris are those of the records that say so. */
export interface Relationship {
  following: string | null
  followedBy: string | null
  blocking: string | null
  blockedBy: string | null
  /** The list through which the viewer blocks them. */
  blockingByList: string | null
  /** The list through which they block the viewer. */
  blockedByList: string | null
  muted: boolean
  /** What of theirs is muted when it is not everything: `reposts`, `quoteposts`. */
  mutedOnly: readonly string[]
  mutedByList: string | null
  /** What of theirs the viewer wants to be told of. */
  subscription: { post: boolean; reply: boolean } | null
}

/** To oneself and to nobody. */
export const NO_RELATIONSHIP: Relationship = {
  following: null,
  followedBy: null,
  blocking: null,
  blockedBy: null,
  blockingByList: null,
  blockedByList: null,
  muted: false,
  mutedOnly: [],
  mutedByList: null,
  subscription: null,
}

/** Whether a block of any kind stands between the two. */
export function blocks(relationship: Relationship | undefined): boolean {
  return (
    relationship !== undefined &&
    (relationship.blocking ?? relationship.blockedBy ?? relationship.blockingByList ?? relationship.blockedByList) !==
      null
  )
}

/** Whether everything of theirs is muted. */
export function mutes(relationship: Relationship | undefined): boolean {
  return relationship !== undefined && (relationship.muted || relationship.mutedByList !== null)
}

interface Kept {
  value: Relationship
  at: number
}

const MAX_VIEWERS = 200
const MAX_OTHERS = 1_000
const MAX_PAIRS = 50_000

/** Reads how actors stand to each other, many at a time, and keeps it until either of them does something about it. */
@Injectable()
export class Relationships {
  private readonly viewers = new LRUCache<string, LRUCache<string, Kept>>({ max: MAX_VIEWERS })
  private readonly pairs = new LRUCache<string, { blocked: boolean; at: number }>({ max: MAX_PAIRS })

  constructor(
    private readonly database: Database,
    private readonly mutesOf: Mutes,
    private readonly subscriptions: ActivitySubscriptions,
    private readonly freshness: Freshness,
  ) {}

  /** Adds how the viewer stands to each of the DIDs; nothing for the viewer itself. */
  async fill(into: Map<string, Relationship>, viewer: Did, dids: Iterable<string>): Promise<void> {
    const { freshness } = this
    let kept = this.viewers.get(viewer)
    if (!kept) this.viewers.set(viewer, (kept = new LRUCache<string, Kept>({ max: MAX_OTHERS })))
    const missing = new Set<string>()
    for (const did of dids) {
      if (did === viewer || into.has(did)) continue
      const found = kept.get(did)
      if (found && freshness.holds(viewer, found.at) && freshness.holds(did, found.at)) into.set(did, found.value)
      else missing.add(did)
    }
    if (missing.size === 0) return
    const at = freshness.now()
    for (const [did, value] of await this.read(viewer, [...missing])) {
      kept.set(did, { value, at })
      into.set(did, value)
    }
  }

  /** Adds which of the pairs of DIDs have a block between them, in either direction: `a b` of each that has. */
  async fillBlocks(into: Set<string>, pairs: Iterable<readonly [string, string]>): Promise<void> {
    const { freshness } = this
    const missing: [string, string][] = []
    for (const [a, b] of pairs) {
      if (a === b) continue
      const found = this.pairs.get(pairKey(a, b))
      if (!found || !freshness.holds(a, found.at) || !freshness.holds(b, found.at)) missing.push([a, b])
      else if (found.blocked) into.add(pairKey(a, b))
    }
    const at = freshness.now()
    for (const [a, b] of missing) {
      const blocked = (await this.blockBetween(a, b)) || (await this.blockBetween(b, a))
      this.pairs.set(pairKey(a, b), { blocked, at })
      if (blocked) into.add(pairKey(a, b))
    }
  }

  /** The lists that the viewer mutes. */
  mutedLists(viewer: Did): Promise<string[]> {
    return this.mutesOf.mutedLists(viewer)
  }

  /** Which of the lists an actor is on. */
  async listsWith(did: string, lists: readonly string[]): Promise<string[]> {
    const rows = await readIn<{ list: string }>(
      this.database.read,
      (marks) => `SELECT DISTINCT list FROM bsky_list_item WHERE subject = ? AND list IN (${marks})`,
      lists,
      did,
    )
    return rows.map(({ list }) => list)
  }

  private async blockBetween(blocker: string, blocked: string): Promise<boolean> {
    const { read } = this.database
    const block = await read.get('SELECT 1 FROM bsky_block WHERE did = ? AND subject = ? LIMIT 1', blocker, blocked)
    if (block) return true
    const byList = await read.get(
      `SELECT 1 FROM bsky_list_block b WHERE b.did = ?
         AND EXISTS (SELECT 1 FROM bsky_list_item i WHERE i.list = b.subject AND i.subject = ?) LIMIT 1`,
      blocker,
      blocked,
    )
    return byList !== undefined
  }

  private async read(viewer: Did, dids: string[]): Promise<Map<string, Relationship>> {
    const found = new Map<string, Relationship>(dids.map((did) => [did, { ...NO_RELATIONSHIP }]))
    const mark = (
      rows: { other: string; uri: string }[],
      as: 'following' | 'followedBy' | 'blocking' | 'blockedBy' | 'blockingByList' | 'blockedByList' | 'mutedByList',
    ): void => {
      for (const { other, uri } of rows) found.get(other)![as] ??= uri
    }
    mark(await this.pointing('bsky_follow', viewer, dids), 'following')
    mark(await this.pointedAt('bsky_follow', viewer, dids), 'followedBy')
    mark(await this.pointing('bsky_block', viewer, dids), 'blocking')
    mark(await this.pointedAt('bsky_block', viewer, dids), 'blockedBy')
    mark(await this.onLists('SELECT subject FROM bsky_list_block WHERE did = ?', viewer, dids), 'blockingByList')
    mark(await this.listedBy(viewer, dids), 'blockedByList')
    mark(await this.onLists('SELECT list FROM list_mute WHERE did = ?', viewer, dids), 'mutedByList')
    for (const [did, { scope }] of await this.mutesOf.muted(viewer, dids)) {
      const relationship = found.get(did)!
      if (scope) relationship.mutedOnly = scope
      else relationship.muted = true
    }
    for (const [did, subscription] of await this.subscriptions.of(viewer, dids))
      found.get(did)!.subscription = subscription
    return found
  }

  private pointing(table: string, viewer: Did, dids: string[]): Promise<{ other: string; uri: string }[]> {
    return readIn(
      this.database.read,
      (marks) =>
        `SELECT subject AS other, min(uri) AS uri FROM ${table} WHERE did = ? AND subject IN (${marks}) GROUP BY subject`,
      dids,
      viewer,
    )
  }

  private pointedAt(table: string, viewer: Did, dids: string[]): Promise<{ other: string; uri: string }[]> {
    return readIn(
      this.database.read,
      (marks) =>
        `SELECT did AS other, min(uri) AS uri FROM ${table} WHERE subject = ? AND did IN (${marks}) GROUP BY did`,
      dids,
      viewer,
    )
  }

  /** Which of the DIDs are on which of the viewer's lists; `lists` selects these. */
  private onLists(lists: string, viewer: Did, dids: string[]): Promise<{ other: string; uri: string }[]> {
    return readIn(
      this.database.read,
      (marks) => `SELECT subject AS other, min(list) AS uri FROM bsky_list_item
        WHERE list IN (${lists}) AND subject IN (${marks}) GROUP BY subject`,
      dids,
      viewer,
    )
  }

  /** Who of the DIDs blocks a list that the viewer is on. */
  private listedBy(viewer: Did, dids: string[]): Promise<{ other: string; uri: string }[]> {
    return readIn(
      this.database.read,
      (marks) => `SELECT b.did AS other, min(b.subject) AS uri FROM bsky_list_block b
        WHERE EXISTS (SELECT 1 FROM bsky_list_item i WHERE i.list = b.subject AND i.subject = ?) AND b.did IN (${marks})
        GROUP BY b.did`,
      dids,
      viewer,
    )
  }
}

/** How `fillBlocks` names a pair. */
export function pairKey(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
