import { Injectable } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import type { ReadContext } from '../context.js'
import { RecordNames } from '../graph/record-names.js'
import type { Hydration } from '../hydrate/hydration.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { PostViewers } from '../hydrate/post-viewers.js'
import { didOf } from '../../../projections/at-uri.js'
import { POST } from '../../lexicon/collections.js'

/** How far a thread is looked at from its anchor, and which replies come first where not all are. */
export interface Reach {
  above: number
  below: number
  order: 'newest' | 'oldest'
}

/** A post with what is above and below it, read for the views. */
export interface Thread {
  anchor: string
  root: string
  h: Hydration
  /** The posts that answer a post, in the order of the reach. Every post below the anchor is in it once. */
  replies: ReadonlyMap<string, readonly string[]>
  /** Likes by the author of the root, by what they like. */
  rootLikes: ReadonlyMap<string, string>
}

/** Posts below an anchor that are looked at, layer by layer. The time of an answer is bounded by it, whatever the thread. */
const MAX_BELOW = 1_000
/** Posts of a chain by the author of the root alone that are numbered. */
const MAX_CHAIN = 1_000

/** Reads threads: one statement up, one down, then as every page of posts. */
@Injectable()
export class Threads {
  constructor(
    private readonly database: Database,
    private readonly names: RecordNames,
    private readonly hydrator: Hydrator,
    private readonly postViewers: PostViewers,
  ) {}

  /** The thread around a post, which need not be there; the at-uri may be of a handle. */
  async read(context: ReadContext, uri: string, { above, below, order }: Reach): Promise<Thread> {
    const anchor = (await this.names.uriOf(uri)) ?? uri
    const { read } = this.database
    const parents = above > 0 ? await read.all<{ uri: string }>(ABOVE, anchor, above) : []
    const answers = below > 0 ? await read.all<{ uri: string; parent: string }>(BELOW[order], anchor, below) : []
    const replies = new Map<string, string[]>()
    const included = new Set([anchor])
    // Posts may go round in a circle: each is taken where it is met first.
    for (const { uri, parent } of answers) {
      if (included.has(uri)) continue
      included.add(uri)
      const siblings = replies.get(parent)
      if (siblings) siblings.push(uri)
      else replies.set(parent, [uri])
    }
    for (const parent of parents) included.add(parent.uri)
    const h = await this.hydrator.hydrate(context, { posts: included })
    const root = h.posts.get(anchor)?.replyRoot ?? anchor
    const author = didOf(root) as Did | null
    const rootLikes = author
      ? await this.postViewers.pointing('bsky_like', author, [...included])
      : new Map<string, string>()
    return { anchor, root, h, replies, rootLikes }
  }

  /**
   * The chain of posts by which the author of the root goes on with it: the oldest reply of theirs to each. From the root
   * on; empty where there is none or where it goes round in a circle.
   */
  async chain({ root }: Thread): Promise<string[]> {
    const author = didOf(root) as Did | null
    if (!author) return []
    const rows = await this.database.read.all<{ uri: string }>(CHAIN, author, root)
    const chain = rows.map(({ uri }) => uri)
    return chain.length > 1 && new Set(chain).size === chain.length ? chain : []
  }
}

const PARENT = `'${POST}:reply.parent.uri'`

const ABOVE = `
  WITH RECURSIVE above (uri, height) AS (
    SELECT reply_parent, 1 FROM bsky_post WHERE uri = ? AND reply_parent IS NOT NULL
    UNION ALL
    SELECT p.reply_parent, a.height + 1 FROM above a CROSS JOIN bsky_post p ON p.uri = a.uri
      WHERE p.reply_parent IS NOT NULL AND a.height < ?)
  SELECT uri FROM above`

/** A recursive query with ORDER BY takes what comes first from its queue: the nearer layer, then by time. */
const below = (direction: 'ASC' | 'DESC'): string => `
  WITH RECURSIVE below (uri, parent, depth, sort_at) AS (
    SELECT * FROM (SELECT uri, target, 1, sort_at FROM bsky_backlink WHERE target = ? AND path = ${PARENT}
      ORDER BY sort_at ${direction}, uri ${direction} LIMIT ${MAX_BELOW})
    UNION ALL
    SELECT b.uri, b.target, d.depth + 1, b.sort_at FROM below d CROSS JOIN bsky_backlink b
      ON b.target = d.uri AND b.path = ${PARENT} WHERE d.depth < ?
    ORDER BY 3 ASC, 4 ${direction}, 1 ${direction} LIMIT ${MAX_BELOW})
  SELECT uri, parent FROM below`

const BELOW = { newest: below('DESC'), oldest: below('ASC') }

const CHAIN = `
  WITH RECURSIVE op (did) AS (SELECT ?),
  chain (uri, n) AS (
    SELECT ?, 1
    UNION ALL
    SELECT (SELECT min(b.uri) FROM bsky_backlink b, op WHERE b.target = c.uri AND b.path = ${PARENT} AND b.did = op.did), c.n + 1
      FROM chain c WHERE c.uri IS NOT NULL AND c.n <= ${MAX_CHAIN})
  SELECT uri FROM chain WHERE uri IS NOT NULL`
