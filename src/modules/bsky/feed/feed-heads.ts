import { Injectable } from '@nestjs/common'
import { Recent } from '../hydrate/recent.js'
import { Database } from '../../database/database.js'
import { Freshness } from '../hydrate/read-cache.js'
import type { Place } from '../page.js'

/** A row of bsky_feed_item: `uri` is the post's own, or that of the repost which brings it. */
export interface FeedRow {
  sort_at: number
  uri: string
  post: string
}

/** The newest items of one account, newest first. */
interface Head {
  rows: readonly FeedRow[]
  /** There are none but these. */
  whole: boolean
  at: number
}

/** Rows kept of an account: what a page of a timeline needs of one author, nearly always. */
const HEAD = 40
const MAX_ACCOUNTS = 3_000

/** The newest feed items of accounts, kept in memory until they write or repost something. */
@Injectable()
export class FeedHeads {
  private readonly heads = new Recent<Head>(MAX_ACCOUNTS)

  constructor(
    private readonly database: Database,
    private readonly freshness: Freshness,
  ) {}

  /**
   * The `count` newest items after a place out of the feeds of several accounts. Null where that cannot be said from the
   * newest of each: there is more of somebody than is kept, or there are too many of them.
   */
  async merge(dids: readonly string[], after: Place, count: number): Promise<FeedRow[] | null> {
    if (dids.length > MAX_ACCOUNTS / 2) return null
    const queue: Reading[] = []
    for (const did of dids) {
      const { rows, whole } = await this.head(did)
      let next = 0
      while (next < rows.length && !comesAfter(rows[next]!, after)) next++
      if (next < rows.length) push(queue, { rows, whole, next })
      else if (!whole) return null
    }
    const merged: FeedRow[] = []
    while (queue.length > 0 && merged.length < count) {
      const newest = queue[0]!
      merged.push(newest.rows[newest.next++]!)
      if (newest.next === newest.rows.length) {
        if (!newest.whole && merged.length < count) return null
        const last = queue.pop()!
        if (queue.length > 0) queue[0] = last
      }
      sink(queue)
    }
    return merged
  }

  private async head(did: string): Promise<Head> {
    const { freshness, heads } = this
    const key = `${did}#feed`
    const kept = heads.get(did)
    if (kept && freshness.holds(key, kept.at)) return kept
    const at = freshness.now()
    const rows = await this.database.read.all<FeedRow>(
      'SELECT sort_at, uri, post FROM bsky_feed_item WHERE did = ? ORDER BY sort_at DESC, uri DESC LIMIT ?',
      did,
      HEAD,
    )
    const head = { rows, whole: rows.length < HEAD, at }
    heads.set(did, head)
    return head
  }
}

interface Reading {
  rows: readonly FeedRow[]
  whole: boolean
  /** What of it is next. */
  next: number
}

function comesAfter({ sort_at, uri }: FeedRow, { at, key }: Place): boolean {
  return sort_at < at || (sort_at === at && uri < key)
}

/** Whether what is next of `a` is newer than what is next of `b`. */
function leads(a: Reading, b: Reading): boolean {
  const x = a.rows[a.next]!
  const y = b.rows[b.next]!
  return x.sort_at > y.sort_at || (x.sort_at === y.sort_at && x.uri > y.uri)
}

/** Puts a reading into a heap whose top is the newest. */
function push(heap: Reading[], reading: Reading): void {
  let at = heap.length
  heap.push(reading)
  while (at > 0) {
    const above = (at - 1) >> 1
    if (!leads(reading, heap[above]!)) break
    heap[at] = heap[above]!
    at = above
  }
  heap[at] = reading
}

/** Lets the top of a heap, which has changed, find its place. */
function sink(heap: Reading[]): void {
  const { length } = heap
  if (length < 2) return
  const top = heap[0]!
  let at = 0
  for (;;) {
    let below = 2 * at + 1
    if (below >= length) break
    if (below + 1 < length && leads(heap[below + 1]!, heap[below]!)) below++
    if (!leads(heap[below]!, top)) break
    heap[at] = heap[below]!
    at = below
  }
  heap[at] = top
}
