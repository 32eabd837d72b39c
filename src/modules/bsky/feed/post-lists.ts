import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import { POST } from '../../lexicon/collections.js'
import type {
  AppBskyBookmarkDefsBookmarkView,
  AppBskyFeedDefsPostView,
  AppBskyFeedGetQuotesParams,
} from '../../lexicon/types.js'
import { Bookmarks } from '../../private-state/bookmarks.js'
import type { ReadContext, SignedInContext } from '../context.js'
import { RecordNames } from '../graph/record-names.js'
import type { Hydration } from '../hydrate/hydration.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { didOf } from '../../../projections/at-uri.js'
import { blocks } from '../hydrate/relationships.js'
import { fillPage, type Page, placeOf } from '../page.js'
import { isoTime } from '../views/label-view.js'
import { postOrStub, postView } from '../views/post-view.js'

/** Posts by name, by what they quote, and those that the viewer has put aside. */
@Injectable()
export class PostLists {
  constructor(
    private readonly database: Database,
    private readonly names: RecordNames,
    private readonly bookmarks: Bookmarks,
    private readonly hydrator: Hydrator,
  ) {}

  /** Those of the posts that are shown, in their order; each once. */
  async byUri(context: ReadContext, uris: readonly string[]): Promise<AppBskyFeedDefsPostView[]> {
    const named = new Set<string>()
    for (const uri of uris) named.add((await this.names.uriOf(uri)) ?? uri)
    const h = await this.hydrator.hydrate(context, { posts: named })
    return [...named].flatMap((uri) => unblockedView(uri, h) ?? [])
  }

  /** The posts that quote one, newest first; without those of whom it or the viewer has a block with the author. */
  async quotes(
    context: ReadContext,
    { uri, limit, cursor }: AppBskyFeedGetQuotesParams,
  ): Promise<Page<AppBskyFeedDefsPostView>> {
    const after = placeOf(cursor)
    const quoted = await this.names.uriOf(uri)
    const author = quoted && didOf(quoted)
    if (!author) return { views: [] }
    return fillPage(
      limit,
      after,
      async ({ at, key }, count) => {
        const rows = await this.database.read.all<{ sort_at: number; uri: string }>(
          QUOTES,
          ...[quoted, at, key, count, quoted, at, key, count, count],
        )
        return rows.map(({ sort_at, uri }) => ({ place: { at: sort_at, key: uri } }))
      },
      async (lines) => {
        const uris = lines.map(({ place }) => place.key)
        const h = await this.hydrator.hydrate(context, { posts: uris })
        return uris.map((quote) =>
          h.areBlocked(author, h.posts.get(quote)?.did ?? '') ? undefined : unblockedView(quote, h),
        )
      },
    )
  }

  /** The viewer's bookmarks, last first; stubs stand for posts that are gone or behind a block. */
  async bookmarked(
    context: SignedInContext,
    limit: number,
    cursor?: string,
  ): Promise<Page<AppBskyBookmarkDefsBookmarkView>> {
    return fillPage(
      limit,
      placeOf(cursor),
      (after, count) => this.bookmarks.list(context.viewer, after, count),
      async (lines) => {
        const h = await this.hydrator.hydrate(context, { posts: lines.map(({ place }) => place.key) })
        return lines.map(({ cid, place: { at, key: uri } }) => ({
          subject: { uri, cid },
          createdAt: isoTime(at),
          item: postOrStub(uri, h),
        }))
      },
    )
  }
}

/** The view of a post; undefined also behind a block with the viewer. */
function unblockedView(uri: string, h: Hydration): AppBskyFeedDefsPostView | undefined {
  return blocks(h.relationships.get(h.posts.get(uri)?.did ?? '')) ? undefined : postView(uri, h)
}

/** The two ways in which a post embeds another, each by its own index. */
const quotesBy = (path: string): string => `
  SELECT * FROM (SELECT sort_at, uri FROM bsky_backlink
    WHERE target = ? AND path = '${POST}:${path}' AND (sort_at, uri) < (?, ?)
    ORDER BY sort_at DESC, uri DESC LIMIT ?)`
const QUOTES = `${quotesBy('embed.record.uri')} UNION ALL ${quotesBy('embed.record.record.uri')}
  ORDER BY sort_at DESC, uri DESC LIMIT ?`
