import { invalidRequest } from '../xrpc/xrpc-error.js'
import { type Adapter, given, type Query } from './adapter.js'
import { followersAt, repostersAt } from './times.js'
import { feedItemView, notificationView, profileView, threadView, userView } from './views-2022.js'

/**
 * The app.bsky calls of October 2022 that one method of today answers. `before` is a cursor of today's; whoever sends one
 * of today's parameters instead (`actor`, `cursor`, `q`) is understood too.
 */
export const BSKY_ADAPTERS: readonly Adapter[] = [
  {
    nsid: 'app.bsky.getHomeFeed',
    today: 'app.bsky.feed.getTimeline',
    query(asked) {
      const algorithm = given(asked, 'algorithm')
      if (algorithm !== undefined && algorithm !== 'reverse-chronological')
        throw invalidRequest('algorithm must be reverse-chronological')
      return paged(asked)
    },
    output: ({ cursor, feed }) => ({ cursor, feed: feed.map(feedItemView) }),
  },
  {
    nsid: 'app.bsky.getAuthorFeed',
    today: 'app.bsky.feed.getAuthorFeed',
    query: aboutActor,
    output: ({ cursor, feed }) => ({ cursor, feed: feed.map(feedItemView) }),
  },
  {
    nsid: 'app.bsky.getPostThread',
    today: 'app.bsky.feed.getPostThread',
    output({ thread }) {
      if ('post' in thread) return { thread: threadView(thread) }
      throw invalidRequest(`Post not found: ${thread.uri}`, 'NotFound')
    },
  },
  {
    nsid: 'app.bsky.getLikedBy',
    today: 'app.bsky.feed.getLikes',
    query: paged,
    output: ({ uri, cid, cursor, likes }) => ({
      uri,
      cid,
      cursor,
      likedBy: likes.map(({ actor, createdAt, indexedAt }) => ({ ...userView(actor), createdAt, indexedAt })),
    }),
  },
  {
    nsid: 'app.bsky.getRepostedBy',
    today: 'app.bsky.feed.getRepostedBy',
    query: paged,
    output: async ({ uri, cid, cursor, repostedBy }, _asked, { database }) => ({
      uri,
      cid,
      cursor,
      repostedBy: await repostersAt(database, uri, repostedBy),
    }),
  },
  {
    nsid: 'app.bsky.getProfile',
    today: 'app.bsky.actor.getProfile',
    query: aboutActor,
    output: profileView,
  },
  {
    nsid: 'app.bsky.getUserFollowers',
    today: 'app.bsky.graph.getFollowers',
    query: aboutActor,
    output: async ({ subject, cursor, followers }, _asked, { database }) => ({
      subject: userView(subject),
      cursor,
      followers: await followersAt(database, { subject: subject.did }, followers),
    }),
  },
  {
    nsid: 'app.bsky.getUserFollows',
    today: 'app.bsky.graph.getFollows',
    query: aboutActor,
    output: async ({ subject, cursor, follows }, _asked, { database }) => ({
      subject: userView(subject),
      cursor,
      follows: await followersAt(database, { did: subject.did }, follows),
    }),
  },
  {
    nsid: 'app.bsky.getUsersSearch',
    today: 'app.bsky.actor.searchActors',
    query: search,
    output: ({ cursor, actors }) => ({
      cursor,
      users: actors.map((actor) => ({
        ...userView(actor),
        description: actor.description,
        indexedAt: actor.indexedAt,
      })),
    }),
  },
  {
    nsid: 'app.bsky.getUsersTypeahead',
    today: 'app.bsky.actor.searchActorsTypeahead',
    query: search,
    output: ({ actors }) => ({ users: actors.map(userView) }),
  },
  {
    nsid: 'app.bsky.getNotifications',
    today: 'app.bsky.notification.listNotifications',
    query: paged,
    output: ({ cursor, notifications }) => ({ cursor, notifications: notifications.map(notificationView) }),
  },
  {
    nsid: 'app.bsky.getNotificationCount',
    today: 'app.bsky.notification.getUnreadCount',
  },
  { nsid: 'app.bsky.postNotificationsSeen', today: 'app.bsky.notification.updateSeen' },
]

function paged(asked: Query): Query {
  return { ...asked, cursor: given(asked, 'before', 'cursor') }
}

function aboutActor(asked: Query): Query {
  return { ...paged(asked), actor: given(asked, 'user', 'author', 'actor') }
}

function search(asked: Query): Query {
  return { ...paged(asked), q: given(asked, 'term', 'q') }
}
