import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import { LIKE } from '../../lexicon/collections.js'
import type { AppBskyFeedDefsFeedViewPost, XrpcMethods } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { ReadContext } from '../context.js'
import { RecordNames } from '../graph/record-names.js'
import { FIRST, type Page, placeOf } from '../page.js'
import { FeedPages, withoutBlocks } from './feed-page.js'

/** What an account has liked, last first. It is shown to itself alone. */
@Injectable()
export class LikedPosts {
  constructor(
    private readonly database: Database,
    private readonly names: RecordNames,
    private readonly pages: FeedPages,
  ) {}

  /** @throws XrpcError 400 InvalidRequest for anybody else. */
  async read(
    context: ReadContext,
    { actor, limit, cursor }: XrpcMethods['app.bsky.feed.getActorLikes']['params'],
  ): Promise<Page<AppBskyFeedDefsFeedViewPost>> {
    const did = await this.names.didOf(actor)
    if (did !== context.viewer) throw invalidRequest('Profile not found')
    const likes = `at://${did}/${LIKE}/`
    const { read } = this.database
    return this.pages.fill(
      context,
      limit,
      placeOf(cursor),
      async ({ key }, count) => {
        const rows = await read.all<{ uri: string; post: string; sort_at: number }>(
          LIKES,
          likes,
          key === FIRST.key ? `${likes}${FIRST.key}` : key,
          count,
        )
        return rows.map(({ uri, post, sort_at }) => ({ post, place: { at: sort_at, key: uri } }))
      },
      withoutBlocks,
    )
  }
}

/** By record keys, which are made in the order of time. Of several likes of one post the one that counts. */
const LIKES = `
  SELECT l.uri, l.subject AS post, l.sort_at FROM bsky_like l WHERE l.uri > ? AND l.uri < ?
    AND NOT EXISTS (SELECT 1 FROM bsky_like e WHERE e.did = l.did AND e.subject = l.subject AND e.uri < l.uri)
  ORDER BY l.uri DESC LIMIT ?`
