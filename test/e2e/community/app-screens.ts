/**
 * What the Bluesky app calls as it starts and on its main screens, in its order. It sends each call of app.bsky with the
 * AppView that it is used to in `atproto-proxy`, and asks for the labels of a labeler that is not here.
 */
import type { Values } from './cast.js'

export type ScreenCall = [nsid: string, params?: Values]

export const APP_VIEW = 'did:web:api.bsky.app'
export const LABELER = 'did:plc:ar7c4by46qjdydhdevvrndac'

/** Before anybody has signed in. */
export const WELCOME: ScreenCall[] = [
  ['app.bsky.unspecced.getConfig'],
  ['app.bsky.ageassurance.getConfig'],
  ['com.atproto.server.describeServer'],
  ['app.bsky.unspecced.getTrendingTopics', { limit: 14 }],
  ['app.bsky.unspecced.getPopularFeedGenerators', { limit: 10 }],
  ['app.bsky.actor.getSuggestions', { limit: 6 }],
  ['app.bsky.actor.getProfile', { actor: 'bob.test' }],
  ['app.bsky.feed.getAuthorFeed', { actor: 'bob', filter: 'posts_and_author_threads', includePins: true, limit: 30 }],
  ['app.bsky.unspecced.getPostThreadV2', { anchor: 'alice/hello', branchingFactor: 1, below: 10 }],
  ['com.atproto.identity.resolveHandle', { handle: 'bob.test' }],
]

export const SCREENS: Record<string, ScreenCall[]> = {
  start: [
    ['com.atproto.server.getSession'],
    ['app.bsky.actor.getPreferences'],
    ['app.bsky.labeler.getServices', { dids: [LABELER], detailed: true }],
    ['app.bsky.actor.getProfile', { actor: 'alice' }],
    ['app.bsky.ageassurance.getConfig'],
    ['app.bsky.ageassurance.getState', { countryCode: 'DE', regionCode: 'BE' }],
    ['app.bsky.unspecced.getConfig'],
    ['app.bsky.feed.getFeedGenerators', { feeds: ['bob/cats'] }],
    ['app.bsky.graph.getList', { list: 'alice/friends', limit: 1 }],
    ['app.bsky.notification.getUnreadCount'],
    ['app.bsky.notification.getPreferences'],
  ],
  home: [
    ['app.bsky.feed.getTimeline', { limit: 30 }],
    ['app.bsky.feed.getFeed', { feed: 'bob/cats', limit: 30 }],
    ['app.bsky.feed.getListFeed', { list: 'alice/friends', limit: 30 }],
    ['app.bsky.unspecced.getTrends', { limit: 6 }],
    ['app.bsky.unspecced.getSuggestedUsersForDiscover', { limit: 10 }],
    ['app.bsky.actor.getProfiles', { actors: ['bob', 'carla', 'dan'] }],
  ],
  explore: [
    ['app.bsky.unspecced.getTrendingTopics', { limit: 14 }],
    ['app.bsky.unspecced.getSuggestedUsersForExplore', { category: 'animals', limit: 10 }],
    ['app.bsky.unspecced.getSuggestedUsersForSeeMore', { category: 'animals', limit: 50 }],
    ['app.bsky.unspecced.getSuggestedFeeds', { limit: 10 }],
    ['app.bsky.unspecced.getSuggestedStarterPacks', { limit: 10 }],
    ['app.bsky.unspecced.getPopularFeedGenerators', { limit: 10 }],
    ['app.bsky.actor.searchActorsTypeahead', { q: 'b', limit: 8 }],
    ['app.bsky.actor.searchActors', { q: 'bob', limit: 25 }],
    ['app.bsky.feed.searchPosts', { q: 'cats', sort: 'top', limit: 25 }],
    ['app.bsky.graph.searchStarterPacks', { q: 'cats', limit: 15 }],
  ],
  notifications: [
    ['app.bsky.notification.listNotifications', { limit: 40 }],
    ['app.bsky.notification.listNotifications', { limit: 40, reasons: ['mention', 'reply', 'quote'] }],
    ['app.bsky.feed.getPosts', { uris: ['alice/hello', 'alice/photo'] }],
    ['app.bsky.notification.listActivitySubscriptions'],
  ],
  thread: [
    ['app.bsky.unspecced.getPostThreadV2', { anchor: 'alice/hello', branchingFactor: 1, below: 10, sort: 'top' }],
    ['app.bsky.unspecced.getPostThreadOtherV2', { anchor: 'alice/hello' }],
    ['app.bsky.feed.getLikes', { uri: 'alice/hello', limit: 30 }],
    ['app.bsky.feed.getRepostedBy', { uri: 'alice/hello', limit: 30 }],
    ['app.bsky.feed.getQuotes', { uri: 'alice/photo', limit: 30 }],
  ],
  profile: [
    ['app.bsky.actor.getProfile', { actor: 'bob' }],
    ['app.bsky.feed.getAuthorFeed', { actor: 'bob', filter: 'posts_and_author_threads', includePins: true, limit: 30 }],
    ['app.bsky.feed.getAuthorFeed', { actor: 'bob', filter: 'posts_with_video', limit: 30 }],
    ['app.bsky.feed.getActorFeeds', { actor: 'bob', limit: 50 }],
    ['app.bsky.graph.getLists', { actor: 'bob', limit: 50 }],
    ['app.bsky.graph.getActorStarterPacks', { actor: 'bob', limit: 10 }],
    ['app.bsky.graph.getKnownFollowers', { actor: 'bob', limit: 30 }],
    ['app.bsky.graph.getSuggestedFollowsByActor', { actor: 'bob' }],
    ['app.bsky.graph.getListsWithMembership', { actor: 'bob' }],
    ['app.bsky.graph.getStarterPacksWithMembership', { actor: 'bob' }],
    ['app.bsky.feed.getActorLikes', { actor: 'alice', limit: 30 }],
  ],
  composer: [
    ['app.bsky.video.getUploadLimits'],
    ['app.bsky.draft.getDrafts'],
    ['app.bsky.bookmark.getBookmarks', { limit: 30 }],
  ],
  settings: [
    ['app.bsky.graph.getBlocks', { limit: 30 }],
    ['app.bsky.graph.getMutes', { limit: 30 }],
    ['app.bsky.graph.getListBlocks', { limit: 40 }],
    ['app.bsky.graph.getListMutes', { limit: 40 }],
  ],
}
