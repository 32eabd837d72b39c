import { type AppBskyActorDefs, AppBskyFeedDefs } from '@atproto/api'
import { agent } from '../../api/session.js'

/** The parts of a profile and what they are called. */
export const TABS = {
  posts: 'Posts',
  replies: 'Replies',
  media: 'Media',
  likes: 'Likes',
  bookmarks: 'Bookmarks',
  followers: 'Followers',
  follows: 'Following',
}
export type Tab = keyof typeof TABS
/** What only its own account is shown. */
export const OWN_TABS = new Set<string>(['likes', 'bookmarks'])

export type TabItem = AppBskyFeedDefs.FeedViewPost | AppBskyActorDefs.ProfileView

const FILTERS: Partial<Record<Tab, string>> = {
  posts: 'posts_and_author_threads',
  replies: 'posts_with_replies',
  media: 'posts_with_media',
}

/** A page of a part. */
export async function fetchTab(
  tab: Tab,
  actor: string,
  cursor?: string,
): Promise<{ items: TabItem[]; cursor?: string }> {
  const page = { actor, limit: 30, cursor }
  switch (tab) {
    case 'followers': {
      const { data } = await agent.getFollowers(page)
      return { items: data.followers, cursor: data.cursor }
    }
    case 'follows': {
      const { data } = await agent.getFollows(page)
      return { items: data.follows, cursor: data.cursor }
    }
    case 'likes': {
      const { data } = await agent.getActorLikes(page)
      return { items: data.feed, cursor: data.cursor }
    }
    case 'bookmarks': {
      const { data } = await agent.app.bsky.bookmark.getBookmarks({ limit: page.limit, cursor })
      const posts = data.bookmarks.map(({ item }) => item).filter((item) => AppBskyFeedDefs.isPostView(item))
      return { items: posts.map((post) => ({ post })), cursor: data.cursor }
    }
    default: {
      const { data } = await agent.getAuthorFeed({ ...page, filter: FILTERS[tab], includePins: tab === 'posts' })
      return { items: data.feed, cursor: data.cursor }
    }
  }
}
