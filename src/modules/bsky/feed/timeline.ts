import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import type { AppBskyFeedDefsFeedViewPost } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import { type Page, type Place, placeOf } from '../page.js'
import { FeedHeads, type FeedRow } from './feed-heads.js'
import { type FeedLine, FeedPages, homeRule } from './feed-page.js'

/** The home timeline: posts and reposts of those whom the viewer follows and of the viewer, newest first. */
@Injectable()
export class Timeline {
  constructor(
    private readonly database: Database,
    private readonly heads: FeedHeads,
    private readonly pages: FeedPages,
  ) {}

  /** @throws XrpcError 400 for a malformed cursor. */
  read(
    context: ReadContext & { viewer: string },
    limit: number,
    cursor?: string,
  ): Promise<Page<AppBskyFeedDefsFeedViewPost>> {
    return this.pages.fill(
      context,
      limit,
      placeOf(cursor),
      (after, count) => this.skeleton(context.viewer, after, count),
      homeRule,
    )
  }

  private async skeleton(viewer: string, after: Place, count: number): Promise<FeedLine[]> {
    const { read } = this.database
    const accounts = await read.all<{ did: string }>(ACCOUNTS, viewer, viewer)
    const merged = await this.heads.merge(
      accounts.map(({ did }) => did),
      after,
      count,
    )
    return (merged ?? (await read.all<FeedRow>(MERGE, viewer, viewer, after.at, after.key, count))).map(feedLine)
  }
}

/** A row of bsky_feed_item, or its like. */
export function feedLine({ sort_at, uri, post }: FeedRow): FeedLine {
  return { post, ...(uri !== post && { repost: uri }), place: { at: sort_at, key: uri } }
}

/** Where the newest item of an account before a place stands. */
const next = (did: string, at: string, uri: string, where: string): string =>
  `(SELECT n.sort_at, n.uri FROM bsky_feed_item n
    WHERE n.did = ${did} AND (n.sort_at, n.uri) < (${at}, ${uri}) AND ${where}
    ORDER BY n.sort_at DESC, n.uri DESC LIMIT 1)`

/**
 * Merges the feeds of many accounts without reading more of them than is shown: a recursive query with ORDER BY takes
 * the newest item from its queue, and puts the next one of the same account in. One search for each account and one
 * for each line, however much they have written. `where` is a condition on the items `n`. @NOTE SQLite; PostgreSQL orders no recursion, it has LATERAL.
 */
export const mergedFeeds = (accounts: string, where = 'TRUE'): string => `
  WITH RECURSIVE account (did) AS (${accounts}),
  merged (did, sort_at, uri, post) AS (
    SELECT i.did, i.sort_at, i.uri, i.post FROM account a CROSS JOIN bsky_feed_item i
      ON i.did = a.did AND (i.sort_at, i.uri) = ${next('a.did', '?', '?', where)}
    UNION ALL
    SELECT i.did, i.sort_at, i.uri, i.post FROM merged m CROSS JOIN bsky_feed_item i
      ON i.did = m.did AND (i.sort_at, i.uri) = ${next('m.did', 'm.sort_at', 'm.uri', where)}
    ORDER BY 2 DESC, 3 DESC LIMIT ?)
  SELECT sort_at, uri, post FROM merged`

const ACCOUNTS = 'SELECT ? AS did UNION SELECT subject FROM bsky_follow WHERE did = ?'
const MERGE = mergedFeeds(ACCOUNTS)
