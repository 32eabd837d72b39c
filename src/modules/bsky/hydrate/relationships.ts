import { Injectable } from '@nestjs/common'
import { Recent } from './recent.js'
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

interface Kept<Value> {
  value: Value
  at: number
  /** The lists that stand between the two if they are there and for moderation. */
  lists: readonly string[]
}

const MAX_VIEWERS = 200
const MAX_OTHERS = 1_000
const MAX_PAIRED = 2_000
const MAX_PAIRS = 200

/** Reads how actors stand to each other, many at a time, and keeps it until either of them does something about it. */
@Injectable()
export class Relationships {
  private readonly viewers = new Recent<Recent<Kept<Relationship>>>(MAX_VIEWERS)
  /** Whether there is a block between two, by the lesser DID and then by the other. */
  private readonly pairs = new Recent<Recent<Kept<boolean>>>(MAX_PAIRED)

  constructor(
    private readonly database: Database,
    private readonly mutesOf: Mutes,
    private readonly subscriptions: ActivitySubscriptions,
    private readonly freshness: Freshness,
  ) {}

  /** Adds how the viewer stands to each of the DIDs; nothing for the viewer itself. */
  async fill(into: Map<string, Relationship>, viewer: Did, dids: Iterable<string>): Promise<void> {
    let kept = this.viewers.get(viewer)
    if (!kept) this.viewers.set(viewer, (kept = new Recent<Kept<Relationship>>(MAX_OTHERS)))
    const missing = new Set<string>()
    for (const did of dids) {
      if (did === viewer || into.has(did)) continue
      const found = kept.get(did)
      if (found && this.holds(viewer, did, found)) into.set(did, found.value)
      else missing.add(did)
    }
    if (missing.size === 0) return
    const at = this.freshness.now()
    for (const [did, read] of await this.read(viewer, [...missing])) {
      kept.set(did, { ...read, at })
      into.set(did, read.value)
    }
  }

  private keepPair(lesser: string, greater: string, found: Kept<boolean>): void {
    let pairs = this.pairs.get(lesser)
    if (!pairs) this.pairs.set(lesser, (pairs = new Recent<Kept<boolean>>(MAX_PAIRS)))
    pairs.set(greater, found)
  }

  private holds(a: string, b: string, { at, lists }: Kept<unknown>): boolean {
    const { freshness } = this
    return freshness.holds(a, at) && freshness.holds(b, at) && lists.every((list) => freshness.holds(list, at))
  }

  /** Adds which of the pairs of DIDs have a block between them, in either direction: the `pairKey` of each that has. */
  async fillBlocks(into: Set<string>, pairs: Iterable<readonly [string, string]>): Promise<void> {
    const missing = new Map<string, Set<string>>()
    for (const [a, b] of pairs) {
      if (a === b) continue
      const found = this.pairs.get(a < b ? a : b)?.get(a < b ? b : a)
      if (found && this.holds(a, b, found)) {
        if (found.value) into.add(pairKey(a, b))
      } else if (missing.get(b)?.has(a) !== true) missing.set(a, (missing.get(a) ?? new Set()).add(b))
    }
    const at = this.freshness.now()
    for (const [a, others] of missing) {
      const found = new Findings(others)
      await this.readBlocks(found, a, [...others])
      for (const [b, { value, lists }] of found.all) {
        this.keepPair(a < b ? a : b, a < b ? b : a, { value: blocks(value), lists, at })
        if (blocks(value)) into.add(pairKey(a, b))
      }
    }
  }

  /** Those of the DIDs who have a block of any kind with an actor, in either direction. */
  async blockedWith(did: string, others: readonly string[]): Promise<Set<string>> {
    const found = new Set<string>()
    await this.fillBlocks(
      found,
      others.map((other) => [did, other] as const),
    )
    return new Set(others.filter((other) => found.has(pairKey(did, other))))
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

  private async read(viewer: Did, dids: string[]): Promise<Findings['all']> {
    const found = new Findings(dids)
    found.mark(await this.pointing('bsky_follow', viewer, dids), 'following')
    found.mark(await this.pointedAt('bsky_follow', viewer, dids), 'followedBy')
    await this.readBlocks(found, viewer, dids)
    found.mark(await this.onLists('SELECT list FROM list_mute WHERE did = ?', viewer, dids), 'mutedByList')
    for (const [did, { scope }] of await this.mutesOf.muted(viewer, dids)) {
      const { value } = found.all.get(did)!
      if (scope) value.mutedOnly = scope
      else value.muted = true
    }
    for (const [did, subscription] of await this.subscriptions.of(viewer, dids))
      found.all.get(did)!.value.subscription = subscription
    return found.all
  }

  private async readBlocks(found: Findings, did: string, others: string[]): Promise<void> {
    found.mark(await this.pointing('bsky_block', did, others), 'blocking')
    found.mark(await this.pointedAt('bsky_block', did, others), 'blockedBy')
    found.mark(await this.onLists('SELECT subject FROM bsky_list_block WHERE did = ?', did, others), 'blockingByList')
    found.mark(await this.listedBy(did, others), 'blockedByList')
  }

  private pointing(table: string, viewer: string, dids: string[]): Promise<Pointing[]> {
    return readIn(
      this.database.read,
      (marks) =>
        `SELECT subject AS other, min(uri) AS uri FROM ${table} WHERE did = ? AND subject IN (${marks}) GROUP BY subject`,
      dids,
      viewer,
    )
  }

  private pointedAt(table: string, viewer: string, dids: string[]): Promise<Pointing[]> {
    return readIn(
      this.database.read,
      (marks) =>
        `SELECT did AS other, min(uri) AS uri FROM ${table} WHERE subject = ? AND did IN (${marks}) GROUP BY did`,
      dids,
      viewer,
    )
  }

  /** Which of the DIDs are on which of some lists; `lists` selects these. */
  private onLists(lists: string, viewer: string, dids: string[]): Promise<ByList[]> {
    return readIn(
      this.database.read,
      (marks) => `SELECT subject AS other, list AS uri, ${PURPOSE('i.list')} AS purpose FROM bsky_list_item i
        WHERE list IN (${lists}) AND subject IN (${marks}) ORDER BY list`,
      dids,
      viewer,
    )
  }

  /** Who of the DIDs blocks which lists that the viewer is on. */
  private listedBy(viewer: string, dids: string[]): Promise<ByList[]> {
    return readIn(
      this.database.read,
      (marks) => `SELECT b.did AS other, b.subject AS uri, ${PURPOSE('b.subject')} AS purpose FROM bsky_list_block b
        WHERE EXISTS (SELECT 1 FROM bsky_list_item i WHERE i.list = b.subject AND i.subject = ?) AND b.did IN (${marks})
        ORDER BY b.subject`,
      dids,
      viewer,
    )
  }
}

/** What was found out about an actor and others. */
class Findings {
  readonly all: Map<string, { value: Relationship; lists: string[] }>

  constructor(others: Iterable<string>) {
    this.all = new Map([...others].map((other) => [other, { value: { ...NO_RELATIONSHIP }, lists: [] }]))
  }

  /** Of several records that say the same the first counts. Lists count that are there and for moderation. */
  mark(rows: readonly (Pointing | ByList)[], as: Standing): void {
    for (const row of rows) {
      const { value, lists } = this.all.get(row.other)!
      if ('purpose' in row) {
        lists.push(row.uri)
        if (row.purpose !== 'app.bsky.graph.defs#modlist') continue
      }
      value[as] ??= row.uri
    }
  }
}

type Standing =
  'following' | 'followedBy' | 'blocking' | 'blockedBy' | 'blockingByList' | 'blockedByList' | 'mutedByList'

interface Pointing {
  other: string
  uri: string
}

interface ByList extends Pointing {
  /** Null: the list is not there. */
  purpose: string | null
}

const PURPOSE = (list: string): string => `(SELECT purpose FROM bsky_list l WHERE l.uri = ${list})`

/** How `fillBlocks` names a pair. */
export function pairKey(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
