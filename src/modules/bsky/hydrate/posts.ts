import { Injectable } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'
import type {
  AppBskyFeedDefsPostView,
  AppBskyFeedPost,
  AppBskyFeedPostgate,
  AppBskyFeedThreadgate,
  ComAtprotoLabelDefsLabel,
} from '../../lexicon/types.js'
import { Labels } from '../../moderation/labels.js'
import type { Fields } from '../../xrpc/json.js'
import { Takedowns } from '../../moderation/takedowns.js'
import { Bookmarks } from '../../private-state/bookmarks.js'
import { type Held, held } from './actors.js'
import { Freshness, ReadCache } from './read-cache.js'

/** What is known of a post, whoever looks. */
export interface Post {
  uri: string
  cid: string
  did: Did
  value: AppBskyFeedPost
  replyRoot: string | null
  replyParent: string | null
  /** The post that it embeds. */
  quote: string | null
  /** PostFlag bits. */
  flags: number
  /** GateFlag bits. */
  gated: number
  sortAt: number
  indexedAt: number
  likes: number
  reposts: number
  replies: number
  quotes: number
  bookmarks: number
  /** On the record; self-labels not among them. */
  labels: readonly ComAtprotoLabelDefsLabel[]
  takenDown: boolean
  /** Only on the root of a thread. */
  threadgate: Held<AppBskyFeedThreadgate> | null
  postgate: Held<AppBskyFeedPostgate> | null
  /** What every view of it begins with, once one was made. */
  beginning: Fields<PostBeginning> | null
}

/** The properties of app.bsky.feed.defs#postView that are the same whoever looks. */
export type PostBeginning = Pick<
  AppBskyFeedDefsPostView,
  'uri' | 'cid' | 'record' | 'replyCount' | 'repostCount' | 'likeCount' | 'quoteCount' | 'bookmarkCount' | 'indexedAt'
>

interface PostRow {
  uri: string
  cid: string
  did: Did
  json: string
  reply_root: string | null
  reply_parent: string | null
  quote: string | null
  flags: number
  gated: number
  sort_at: number
  indexed_at: number
}

interface GateRow {
  post: string
  uri: string
  cid: string
  json: string
  sort_at: number
  indexed_at: number
}

const MAX_KEPT = 20_000

/** Reads what posts are, many at a time. */
@Injectable()
export class Posts {
  private readonly kept: ReadCache<Post>

  constructor(
    private readonly database: Database,
    private readonly labels: Labels,
    private readonly takedowns: Takedowns,
    private readonly bookmarks: Bookmarks,
    freshness: Freshness,
  ) {
    this.kept = new ReadCache(MAX_KEPT, freshness)
  }

  /** Adds the posts of the at-uris, as far as they are here. */
  async fill(into: Map<string, Post>, uris: Iterable<string>): Promise<void> {
    await this.kept.fill(into, uris, (missing) => this.read(missing))
  }

  private async read(uris: string[]): Promise<Iterable<[string, Post]>> {
    const { read } = this.database
    const rows = await readIn<PostRow>(
      read,
      (marks) => `SELECT uri, cid, did, json, reply_root, reply_parent, quote, flags, gated, sort_at, indexed_at
        FROM bsky_post WHERE uri IN (${marks})`,
      uris,
    )
    const known = rows.map(({ uri }) => uri)
    const stats = await readIn<{ uri: string; likes: number; reposts: number; replies: number; quotes: number }>(
      read,
      (marks) => `SELECT * FROM bsky_post_stat WHERE uri IN (${marks})`,
      known,
    )
    const statOf = new Map(stats.map((stat) => [stat.uri, stat]))
    const threadgates = await this.gates<AppBskyFeedThreadgate>('bsky_threadgate', known)
    const postgates = await this.gates<AppBskyFeedPostgate>('bsky_postgate', known)
    const bookmarks = await this.bookmarks.counts(known)
    const labels = await this.labels.of(known, null)
    const takenDown = await this.takedowns.of(known)
    return rows.map((row): [string, Post] => {
      const { uri, cid, did, quote, flags, gated } = row
      const { likes = 0, reposts = 0, replies = 0, quotes = 0 } = statOf.get(uri) ?? {}
      return [
        uri,
        {
          uri,
          cid,
          did,
          value: JSON.parse(row.json) as AppBskyFeedPost,
          replyRoot: row.reply_root,
          replyParent: row.reply_parent,
          quote,
          flags,
          gated,
          sortAt: row.sort_at,
          indexedAt: row.indexed_at,
          likes,
          reposts,
          replies,
          quotes,
          bookmarks: bookmarks.get(uri) ?? 0,
          labels: labels.get(uri) ?? [],
          takenDown: takenDown.has(uri),
          threadgate: threadgates.get(uri) ?? null,
          postgate: postgates.get(uri) ?? null,
          beginning: null,
        },
      ]
    })
  }

  private async gates<Gate>(table: string, posts: string[]): Promise<Map<string, Held<Gate>>> {
    const rows = await readIn<GateRow>(
      this.database.read,
      (marks) => `SELECT post, uri, cid, json, sort_at, indexed_at FROM ${table} WHERE post IN (${marks})`,
      posts,
    )
    return new Map(rows.map((row) => [row.post, held<Gate>(row)]))
  }
}
