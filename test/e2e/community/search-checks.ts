/** Search of posts, feeds made elsewhere, cards. */
import { type Check, each, lines } from './check.js'
import { dids, feed, uris } from './facts.js'

const posts = { list: 'posts', facts: ({ posts }: { posts: { uri: string }[] }) => uris(posts) }
const nothing: string[] = []

/** What carla has written is not found by dan, nor the other way round. */
export const SEARCH_CHECKS: Check[] = [
  ...each(
    {
      cats: {
        everyone: lines('alice/news, carla/link, alice/photo, alice/more, alice/hello'),
        dan: lines('alice/news, alice/photo, alice/more, alice/hello'),
      },
      'from:alice.test cats': { everyone: lines('alice/news, alice/photo, alice/more, alice/hello') },
      '"about cats"': { everyone: ['alice/more'] },
      überall: { everyone: nothing },
      IMMER: { everyone: ['carla/link'], dan: nothing },
      'mentions:bob.test': { everyone: ['alice/hello'] },
      'mentions:me': { everyone: nothing, bob: ['alice/hello'], dan: ['bob/mentioned'] },
      'domain:cats.example': { everyone: lines('carla/link, alice/hello'), dan: ['alice/hello'] },
      '#cats': { everyone: lines('carla/link, alice/hello'), dan: ['alice/hello'] },
      'lang:de': { everyone: ['carla/link'], dan: nothing },
      'a dog': { everyone: ['bob/video'] },
      noise: { everyone: lines('dan/last, dan/noise'), carla: nothing },
      'badly worse mistaken waving': { everyone: nothing },
    },
    (q) => ({ nsid: 'app.bsky.feed.searchPosts', params: { q }, ...posts }),
  ),
  {
    nsid: 'app.bsky.feed.searchPosts',
    params: { q: 'cats', sort: 'top' },
    ...posts,
    sees: {
      everyone: lines('alice/hello, alice/photo, alice/more, carla/link, alice/news'),
      dan: lines('alice/hello, alice/photo, alice/more, alice/news'),
    },
  },
  {
    nsid: 'app.bsky.feed.searchPosts',
    params: { q: '*', tag: ['cats'], author: 'alice' },
    ...posts,
    sees: { everyone: ['alice/hello'] },
  },
  {
    nsid: 'app.bsky.feed.searchPostsV2',
    params: { query: 'cats', sort: 'recent' },
    ...posts,
    sees: {
      everyone: lines('alice/news, carla/link, alice/photo, alice/more, alice/hello'),
      dan: lines('alice/news, alice/photo, alice/more, alice/hello'),
    },
  },
  {
    nsid: 'app.bsky.feed.searchPostsV2',
    params: { authors: ['bob'], hasVideo: true },
    ...posts,
    sees: { everyone: ['bob/video'] },
  },
  {
    nsid: 'app.bsky.feed.getFeedGenerator',
    params: { feed: 'bob/cats' },
    facts: ({ view, isOnline, isValid }) => [view.uri, view.likeCount, view.viewer?.like, isOnline, isValid],
    sees: {
      everyone: ['bob/cats', 1, undefined, true, true],
      alice: ['bob/cats', 1, 'alice/likes bob/cats', true, true],
    },
  },
  {
    nsid: 'app.bsky.feed.getFeedGenerators',
    params: { feeds: ['bob/cats', 'bob/no feed'] },
    facts: ({ feeds }) => uris(feeds),
    sees: { everyone: ['bob/cats'] },
  },
  ...each({ alice: { everyone: nothing }, bob: { everyone: ['bob/cats'] } }, (actor) => ({
    nsid: 'app.bsky.feed.getActorFeeds',
    params: { actor },
    list: 'feeds',
    facts: ({ feeds }) => uris(feeds),
  })),
  {
    nsid: 'app.bsky.feed.getSuggestedFeeds',
    list: 'feeds',
    facts: ({ feeds }) => uris(feeds),
    sees: { everyone: ['bob/cats'] },
  },
  {
    // What the generator says, without what is gone, muted or behind a block. See cast.ts.
    nsid: 'app.bsky.feed.getFeed',
    params: { feed: 'bob/cats' },
    facts: feed,
    sees: {
      everyone: lines('alice/photo, carla/link, bob/reposts alice/hello'),
      dan: lines('alice/photo, dan/noise, bob/reposts alice/hello'),
      nobody: lines('alice/photo, dan/noise, carla/link, bob/reposts alice/hello'),
    },
  },
  {
    nsid: 'app.bsky.feed.getFeed',
    params: { feed: 'bob/no feed' },
    facts: feed,
    sees: { everyone: '400 UnknownFeed' },
  },
  {
    nsid: 'app.bsky.embed.getEmbedExternalView',
    params: { url: 'https://cats.example/', uris: ['alice/article'] },
    facts: ({ view }) => [view.external.title, ...dids(view.external.associatedProfiles)],
    sees: { everyone: ['On cats', 'alice'] },
  },
]
