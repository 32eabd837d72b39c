import { Injectable } from '@nestjs/common'
import { PostFlag } from '../../../projections/feed/post-flags.js'
import { Database } from '../../database/database.js'
import type { AppBskyFeedDefsFeedViewPost, XrpcMethods } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { ReadContext } from '../context.js'
import { RecordNames } from '../graph/record-names.js'
import { didOf } from '../../../projections/at-uri.js'
import { Relationships } from '../hydrate/relationships.js'
import { type Page, placeOf } from '../page.js'
import type { FeedRow } from './feed-heads.js'
import { FeedPages, homeRule } from './feed-page.js'
import { feedLine, mergedFeeds } from './timeline.js'

/** What the members of a list have posted, newest first; what they have reposted is not among it. */
@Injectable()
export class ListFeed {
  constructor(
    private readonly database: Database,
    private readonly names: RecordNames,
    private readonly relationships: Relationships,
    private readonly pages: FeedPages,
  ) {}

  /** @throws XrpcError 400 UnknownList. */
  async read(
    context: ReadContext,
    { list, limit, cursor }: XrpcMethods['app.bsky.feed.getListFeed']['params'],
  ): Promise<Page<AppBskyFeedDefsFeedViewPost>> {
    const { read } = this.database
    const uri = await this.names.uriOf(list)
    const owner = uri && didOf(uri)
    if (!owner || !(await read.get('SELECT 1 FROM bsky_list WHERE uri = ?', uri)))
      throw invalidRequest('Unknown list', 'UnknownList')
    // Those with whom the list's owner has a block are not shown as its members.
    const members = await read.all<{ did: string }>(MEMBERS, uri)
    const blocked = await this.relationships.blockedWith(
      owner,
      members.map(({ did }) => did),
    )
    return this.pages.fill(
      context,
      limit,
      placeOf(cursor),
      async ({ at, key }, count) => (await read.all<FeedRow>(MERGE, uri, at, key, count)).map(feedLine),
      (item, h) => !blocked.has(h.posts.get(item.post)?.did ?? '') && homeRule(item, h),
    )
  }
}

const MEMBERS = 'SELECT DISTINCT subject AS did FROM bsky_list_item WHERE list = ?'
const MERGE = mergedFeeds(MEMBERS, `n.flags & ${PostFlag.repost} = 0`)
