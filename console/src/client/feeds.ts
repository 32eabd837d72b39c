import type { AppBskyFeedDefs } from '@atproto/api'
import { agent } from '../api/session.js'

/** A feed that somebody has pinned: one that is made elsewhere, or a list. */
export interface PinnedFeed {
  kind: 'feed' | 'list'
  uri: string
  name: string
}

const LIMIT = 30
const MOST = 8

/** Those that can be named; a feed whose service does not answer is still shown. */
export async function fetchPinnedFeeds(): Promise<PinnedFeed[]> {
  const { savedFeeds } = await agent.getPreferences()
  const pinned = savedFeeds.filter(({ type, pinned }) => pinned && type !== 'timeline').slice(0, MOST)
  const generators = pinned.filter(({ type }) => type === 'feed').map(({ value }) => value)
  const { data } =
    generators.length > 0 ? await agent.app.bsky.feed.getFeedGenerators({ feeds: generators }) : { data: { feeds: [] } }
  const names = new Map(data.feeds.map(({ uri, displayName }) => [uri, displayName]))
  return Promise.all(
    pinned.map(async ({ type, value: uri }): Promise<PinnedFeed> => {
      if (type === 'feed') return { kind: 'feed', uri, name: names.get(uri) ?? 'Feed' }
      const list = await agent.app.bsky.graph.getList({ list: uri, limit: 1 }).catch(() => null)
      return { kind: 'list', uri, name: list?.data.list.name ?? 'List' }
    }),
  )
}

/** A page of a feed; without one, of the timeline. */
export async function fetchFeedPage(
  feed: PinnedFeed | undefined,
  cursor?: string,
): Promise<{ items: AppBskyFeedDefs.FeedViewPost[]; cursor?: string }> {
  const page = { limit: LIMIT, cursor }
  const { data } = !feed
    ? await agent.getTimeline(page)
    : feed.kind === 'feed'
      ? await agent.app.bsky.feed.getFeed({ feed: feed.uri, ...page })
      : await agent.app.bsky.feed.getListFeed({ list: feed.uri, ...page })
  return { items: data.feed, cursor: data.cursor }
}
