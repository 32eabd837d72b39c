import type { Answer } from './cast.js'
import { type Check, lines, SIGN_IN } from './check.js'
import { counts, dids, embed, feed, labels, postState, replies, uris } from './facts.js'

const POSTS = ['alice/hello', 'alice/photo', 'bob/quote', 'carla/quote', 'bob/quoted anyway', 'dan/noise', 'bob/video']
const EMBEDS = [
  ...['alice/photo', 'bob/video', 'carla/link', 'bob/quote', 'carla/quote', 'carla/on lists', 'alice/on feeds'],
  ...['bob/on packs', 'bob/on labelers', 'carla/on quotes', 'bob/quoted anyway', 'carla/of a mistake'],
]
const GATED = ['bob/mentioned', 'bob/followers', 'alice/followed', 'alice/listed', 'bob/nobody']
const byPost = (facts: (post: Answer) => unknown) => (answer: Answer) =>
  Object.fromEntries(answer.posts.map((post: Answer) => [post.uri, facts(post)]))

export const FEED_CHECKS: Check[] = [
  { nsid: 'app.bsky.feed.getTimeline', list: 'feed', facts: feed, sees: { nobody: SIGN_IN } },
  { nsid: 'app.bsky.feed.getTimeline', list: 'feed', facts: replies, sees: { nobody: SIGN_IN } },
  ...['alice', 'bob', 'carla', 'dan'].map((actor): Check => ({
    nsid: 'app.bsky.feed.getAuthorFeed', params: { actor }, list: 'feed', facts: feed, sees: {} })),
  { nsid: 'app.bsky.feed.getAuthorFeed', params: { actor: 'erin' }, facts: feed, sees: {} },
  ...['posts_no_replies', 'posts_with_media', 'posts_with_video', 'posts_and_author_threads'].map((filter): Check => ({
    nsid: 'app.bsky.feed.getAuthorFeed', params: { actor: 'alice.test', filter, includePins: true }, list: 'feed', facts: feed, sees: {} })),
  { nsid: 'app.bsky.feed.getAuthorFeed', params: { actor: 'bob', filter: 'posts_with_video' }, list: 'feed', facts: feed, sees: {} },
  { nsid: 'app.bsky.feed.getListFeed', params: { list: 'alice/friends' }, list: 'feed', facts: feed, sees: {} },
  { nsid: 'app.bsky.feed.getActorLikes', params: { actor: 'bob' }, list: 'feed', facts: feed, sees: {} },
  { nsid: 'app.bsky.feed.getPosts', params: { uris: [...POSTS, 'bob/bad', 'dan/worse', 'alice/mistake'] }, facts: byPost(counts), sees: {} },
  { nsid: 'app.bsky.feed.getPosts', params: { uris: POSTS }, facts: byPost(postState), sees: {} },
  { nsid: 'app.bsky.feed.getPosts', params: { uris: GATED }, facts: byPost(postState), sees: {} },
  { nsid: 'app.bsky.feed.getPosts', params: { uris: EMBEDS }, facts: byPost((p) => embed(p.embed)), sees: {} },
  { nsid: 'app.bsky.feed.getPosts', params: { uris: POSTS }, facts: byPost(labels), sees: {} },
  { nsid: 'app.bsky.feed.getPosts', params: { uris: ['alice/photo'] }, headers: { 'atproto-accept-labelers': 'carla' }, facts: byPost(labels), sees: {} },
  { nsid: 'app.bsky.feed.getLikes', params: { uri: 'alice/hello' }, list: 'likes', facts: ({ likes }) => likes.map((l: Answer) => l.actor.did), sees: {} },
  { nsid: 'app.bsky.feed.getRepostedBy', params: { uri: 'alice/hello' }, list: 'repostedBy', facts: (a) => dids(a.repostedBy), sees: {} },
  { nsid: 'app.bsky.feed.getQuotes', params: { uri: 'alice/photo' }, list: 'posts', facts: (a) => uris(a.posts), sees: {} },
  ...[{ q: 'cats' }, { q: 'cats', sort: 'top' }, { q: 'from:alice.test cats' }, { q: 'uberall' }, { q: 'immer' }, { q: 'mentions:bob.test' }, { q: 'mentions:me' }, { q: 'domain:cats.example' },
    { q: '#cats' }, { q: 'lang:de' }, { q: '"about cats"' }, { q: 'a dog' }, { q: 'noise' }, { q: 'hi', author: 'carla.test' }, { q: '*', tag: ['cats'] }].map((params): Check => ({
    nsid: 'app.bsky.feed.searchPosts', params, list: 'posts', facts: (a) => uris(a.posts), sees: {} })),
  { nsid: 'app.bsky.feed.searchPostsV2', params: { query: 'cats', sort: 'recent' }, list: 'posts', facts: (a) => uris(a.posts), sees: {} },
  { nsid: 'app.bsky.feed.searchPostsV2', params: { authors: ['bob'], hasVideo: true }, list: 'posts', facts: (a) => uris(a.posts), sees: {} },
  { nsid: 'app.bsky.feed.getFeedGenerator', params: { feed: 'bob/cats' }, facts: ({ view, isOnline, isValid }) => ({ uri: view.uri, likes: view.likeCount, like: view.viewer?.like, isOnline, isValid }), sees: {} },
  { nsid: 'app.bsky.feed.getFeedGenerators', params: { feeds: ['bob/cats', 'alice/friends'] }, facts: (a) => uris(a.feeds), sees: {} },
  { nsid: 'app.bsky.feed.getActorFeeds', params: { actor: 'bob' }, list: 'feeds', facts: (a) => uris(a.feeds), sees: {} },
  { nsid: 'app.bsky.feed.getSuggestedFeeds', list: 'feeds', facts: (a) => uris(a.feeds), sees: {} },
  { nsid: 'app.bsky.feed.getFeed', params: { feed: 'bob/cats' }, facts: (a) => ({ feed: feed(a), context: a.feed[0].feedContext, cursor: a.cursor }), sees: {} },
  { nsid: 'app.bsky.feed.getFeed', params: { feed: 'bob/nothing' }, facts: feed, sees: {} },
  { nsid: 'app.bsky.bookmark.getBookmarks', list: 'bookmarks', facts: (a) => a.bookmarks.map((b: Answer) => b.item.$type.split('#')[1] + ' ' + b.item.uri), sees: {} },
  { nsid: 'app.bsky.embed.getEmbedExternalView', params: { url: 'https://cats.example/', uris: ['alice/article'] }, facts: (a) => ({ title: a.view.external.title, by: dids(a.view.external.associatedProfiles) }), sees: {} },
]
void lines
