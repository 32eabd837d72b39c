/** Timelines, feeds, posts, and who has done what with them. */
import type { Answer } from './cast.js'
import { type Check, each, lines, SIGN_IN } from './check.js'
import { counts, dids, embed, feed, labels, postState, replies, uris } from './facts.js'

const byPost =
  (facts: (post: Answer) => unknown) =>
  ({ posts }: Answer): unknown =>
    Object.fromEntries(posts.map((post: Answer) => [post.uri, facts(post)]))

/** What each has posted, newest first. */
const ALICE = lines(`
  alice/news, alice/unquotable, alice/as nobody, alice/listed, alice/followed, alice/on feeds, alice/photo, alice/more,
  alice/thanks, alice/hello`)
export const BOB = lines(`
  bob/to a mistake, bob/quoted anyway, bob/own, bob/as followed, bob/nobody, bob/followers, bob/mentioned,
  bob/reposts alice/hello, bob/on labelers, bob/on packs, bob/quote, bob/video, bob/hi`)
const CARLA = lines(`
  carla/of a mistake, carla/as listed, carla/as follower, carla/not mentioned, carla/reposts alice/photo,
  carla/on quotes, carla/on lists, carla/quote, carla/link, carla/hi`)
const DAN = lines('dan/last, dan/not followed, dan/no follower, dan/as mentioned, dan/reposts alice/hello, dan/noise')

/** Alice and bob mute dan, who has a block with carla. Alice has muted carla's reposts. */
export const TIMELINES: Check['sees'] = {
  alice: lines(`
    alice/news, carla/of a mistake, bob/to a mistake, bob/quoted anyway, alice/unquotable, bob/own, alice/as nobody,
    carla/as listed, bob/as followed, carla/as follower, carla/not mentioned, bob/nobody, alice/listed, alice/followed,
    bob/followers, bob/mentioned, bob/reposts alice/hello, carla/on quotes, bob/on labelers, bob/on packs,
    alice/on feeds, carla/on lists, carla/quote, bob/quote, carla/link, bob/video, alice/photo, alice/more,
    alice/thanks, carla/hi, bob/hi, alice/hello`),
  bob: lines(`
    alice/news, bob/to a mistake, bob/quoted anyway, alice/unquotable, bob/own, alice/as nobody, bob/as followed,
    bob/nobody, alice/listed, alice/followed, bob/followers, bob/mentioned, bob/reposts alice/hello, bob/on labelers,
    bob/on packs, alice/on feeds, bob/quote, bob/video, alice/photo, alice/more, alice/thanks, bob/hi, alice/hello`),
  carla: lines(`
    alice/news, carla/of a mistake, bob/to a mistake, bob/quoted anyway, alice/unquotable, bob/own, alice/as nobody,
    carla/as listed, bob/as followed, carla/as follower, carla/not mentioned, bob/nobody, alice/listed, alice/followed,
    bob/followers, bob/mentioned, carla/reposts alice/photo, bob/reposts alice/hello, carla/on quotes, bob/on labelers,
    bob/on packs, alice/on feeds, carla/on lists, carla/quote, bob/quote, carla/link, bob/video, alice/photo,
    alice/more, alice/thanks, carla/hi, bob/hi, alice/hello`),
  // Without alice/thanks, which answers carla.
  dan: lines(`
    alice/news, dan/last, alice/unquotable, alice/as nobody, dan/not followed, dan/no follower, dan/as mentioned,
    alice/listed, alice/followed, dan/reposts alice/hello, alice/on feeds, alice/photo, dan/noise, alice/more,
    alice/hello`),
  nobody: SIGN_IN,
}

/** Replies that go against a gate are shown without what they answer. */
const REPLIES: Check['sees'] = {
  everyone: lines(`
    bob/to a mistake to notfound alice/mistake under notfound alice/mistake, bob/own to bob/nobody under bob/nobody,
    carla/as listed to alice/listed under alice/listed, bob/as followed to alice/followed under alice/followed,
    carla/as follower to bob/followers under bob/followers, alice/more to alice/hello under alice/hello,
    alice/thanks to carla/hi under alice/hello, carla/hi to bob/hi under alice/hello,
    bob/hi to alice/hello under alice/hello`),
  bob: lines(`
    bob/to a mistake to notfound alice/mistake under notfound alice/mistake, bob/own to bob/nobody under bob/nobody,
    bob/as followed to alice/followed under alice/followed, alice/more to alice/hello under alice/hello,
    alice/thanks to carla/hi under alice/hello, bob/hi to alice/hello under alice/hello`),
  dan: lines(`
    dan/last to alice/more under alice/hello, dan/as mentioned to bob/mentioned under bob/mentioned,
    dan/noise to alice/hello under alice/hello, alice/more to alice/hello under alice/hello`),
  nobody: SIGN_IN,
}

const POSTS = ['alice/hello', 'alice/photo', 'bob/quote', 'carla/quote', 'bob/quoted anyway', 'dan/noise', 'bob/video']
const COUNTS = {
  'alice/hello': '3 likes, 2 reposts, 3 replies, 0 quotes',
  'alice/photo': '0 likes, 1 reposts, 0 replies, 2 quotes',
  'bob/quote': '0 likes, 0 reposts, 0 replies, 1 quotes',
  'bob/video': '0 likes, 0 reposts, 0 replies, 0 quotes',
}
const EMBEDS = {
  'alice/photo': '2 images',
  'bob/video': 'video',
  'bob/quote': 'alice/photo (2 images)',
  'alice/on feeds': 'bob/cats',
  'bob/on packs': 'bob/start',
  'bob/on labelers': 'carla/labeler',
  'bob/quoted anyway': 'detached alice/unquotable',
}
const CARLAS_EMBEDS = {
  'carla/link': 'https://cats.example/',
  'carla/quote': 'detached alice/photo with 1 images',
  'carla/on lists': 'alice/friends',
  'carla/on quotes': 'bob/quote (alice/photo)',
  'carla/of a mistake': 'notfound alice/mistake',
}
const OPEN = { 'bob/mentioned': [], 'bob/followers': [], 'alice/followed': [], 'alice/listed': [], 'bob/nobody': [] }
const CLOSED = ['replyDisabled']
const none = (...names: string[]): object => Object.fromEntries(names.map((name) => [name, []]))

export const FEED_CHECKS: Check[] = [
  { nsid: 'app.bsky.feed.getTimeline', list: 'feed', facts: feed, sees: TIMELINES },
  { nsid: 'app.bsky.feed.getTimeline', list: 'feed', facts: replies, sees: REPLIES },
  ...each(
    {
      alice: { everyone: ALICE },
      bob: { everyone: BOB },
      carla: { everyone: CARLA, dan: '400 BlockedActor' },
      dan: { everyone: DAN, carla: '400 BlockedActor' },
    },
    (actor) => ({ nsid: 'app.bsky.feed.getAuthorFeed', params: { actor }, list: 'feed', facts: feed }),
  ),
  {
    nsid: 'app.bsky.feed.getAuthorFeed',
    params: { actor: 'erin' },
    facts: feed,
    sees: { everyone: '400 InvalidRequest' },
  },
  ...each(
    {
      posts_with_replies: { everyone: ALICE },
      posts_no_replies: {
        everyone: lines(
          'alice/news, alice/unquotable, alice/listed, alice/followed, alice/on feeds, alice/photo, alice/hello',
        ),
      },
      posts_with_media: { everyone: ['alice/photo'] },
      posts_with_video: { everyone: [] },
      posts_and_author_threads: {
        everyone: lines(`
          alice/news, alice/unquotable, alice/listed, alice/followed, alice/on feeds, alice/photo, alice/more,
          alice/hello`),
      },
    },
    (filter) => ({
      nsid: 'app.bsky.feed.getAuthorFeed',
      params: { actor: 'alice.test', filter },
      list: 'feed',
      facts: feed,
    }),
  ),
  {
    // The pin stands on top of the first page, in its place on any other.
    nsid: 'app.bsky.feed.getAuthorFeed',
    params: { actor: 'alice', filter: 'posts_no_replies', includePins: true },
    facts: feed,
    sees: {
      everyone: lines(
        'pinned alice/photo, alice/news, alice/unquotable, alice/listed, alice/followed, alice/on feeds, alice/hello',
      ),
    },
  },
  {
    nsid: 'app.bsky.feed.getAuthorFeed',
    params: { actor: 'bob', filter: 'posts_with_video' },
    list: 'feed',
    facts: feed,
    sees: { everyone: ['bob/video'] },
  },
  {
    nsid: 'app.bsky.feed.getListFeed',
    params: { list: 'alice/friends' },
    list: 'feed',
    facts: feed,
    sees: {
      everyone: lines(`
        carla/of a mistake, bob/to a mistake, bob/quoted anyway, bob/own, carla/as listed, bob/as followed,
        carla/as follower, carla/not mentioned, bob/nobody, bob/followers, bob/mentioned, carla/on quotes,
        bob/on labelers, bob/on packs, carla/on lists, carla/quote, bob/quote, carla/link, bob/video, carla/hi,
        bob/hi`),
      dan: BOB.filter((name) => !name.includes('reposts')),
    },
  },
  {
    nsid: 'app.bsky.feed.getActorLikes',
    params: { actor: 'bob' },
    list: 'feed',
    facts: feed,
    sees: { bob: ['carla/link', 'alice/hello'], everyone: '400 InvalidRequest' },
  },
  {
    nsid: 'app.bsky.feed.getPosts',
    params: { uris: [...Object.keys(COUNTS), 'carla/hi', 'dan/noise', 'bob/bad', 'dan/worse', 'alice/mistake'] },
    facts: byPost(counts),
    sees: {
      everyone: {
        ...COUNTS,
        'carla/hi': '0 likes, 0 reposts, 1 replies, 0 quotes',
        'dan/noise': '0 likes, 0 reposts, 0 replies, 0 quotes',
      },
      carla: { ...COUNTS, 'carla/hi': '0 likes, 0 reposts, 1 replies, 0 quotes' },
      dan: { ...COUNTS, 'dan/noise': '0 likes, 0 reposts, 0 replies, 0 quotes' },
    },
  },
  {
    nsid: 'app.bsky.feed.getPosts',
    params: { uris: POSTS },
    facts: byPost(postState),
    sees: {
      alice: { ...none(...POSTS), 'alice/photo': ['pinned'] },
      bob: {
        ...none(...POSTS),
        'alice/hello': lines('repost: bob/reposts alice/hello, like: bob/likes alice/hello, bookmarked'),
      },
      carla: {
        ...none(...POSTS.filter((name) => name !== 'dan/noise')),
        'alice/hello': lines('like: carla/likes alice/hello, bookmarked, threadMuted'),
        'alice/photo': ['repost: carla/reposts alice/photo'],
      },
      dan: {
        ...none(...POSTS.filter((name) => name !== 'carla/quote')),
        'alice/hello': lines('repost: dan/reposts alice/hello, like: dan/likes alice/hello'),
      },
      nobody: none(...POSTS),
    },
  },
  {
    nsid: 'app.bsky.feed.getPosts',
    params: { uris: ['alice/unquotable'] },
    facts: byPost(postState),
    sees: {
      everyone: { 'alice/unquotable': ['embeddingDisabled'] },
      alice: { 'alice/unquotable': [] },
      nobody: { 'alice/unquotable': [] },
    },
  },
  {
    nsid: 'app.bsky.feed.getPosts',
    params: { uris: Object.keys(OPEN) },
    facts: byPost(postState),
    sees: {
      everyone: { ...OPEN, 'bob/mentioned': CLOSED, 'bob/nobody': CLOSED },
      bob: OPEN,
      dan: {
        'bob/mentioned': [],
        'bob/followers': CLOSED,
        'alice/followed': CLOSED,
        'alice/listed': CLOSED,
        'bob/nobody': CLOSED,
      },
      nobody: OPEN,
    },
  },
  {
    nsid: 'app.bsky.feed.getPosts',
    params: { uris: [...Object.keys(EMBEDS), ...Object.keys(CARLAS_EMBEDS)] },
    facts: byPost((post) => embed(post.embed)),
    sees: { everyone: { ...EMBEDS, ...CARLAS_EMBEDS }, dan: EMBEDS },
  },
  {
    nsid: 'app.bsky.feed.getPosts',
    params: { uris: ['alice/photo', 'bob/video'] },
    facts: byPost(labels),
    sees: { everyone: { 'alice/photo': ['graphic-media by alice'], 'bob/video': [] } },
  },
  {
    nsid: 'app.bsky.feed.getPosts',
    params: { uris: ['alice/photo'] },
    headers: { 'atproto-accept-labelers': 'carla' },
    facts: byPost(labels),
    sees: { everyone: { 'alice/photo': ['cat by carla', 'graphic-media by alice'] } },
  },
  {
    nsid: 'app.bsky.feed.getLikes',
    params: { uri: 'alice/hello' },
    list: 'likes',
    facts: ({ likes }) => likes.map(({ actor }: Answer) => actor.did),
    sees: { everyone: lines('dan, carla, bob'), carla: lines('carla, bob'), dan: lines('dan, bob') },
  },
  {
    nsid: 'app.bsky.feed.getRepostedBy',
    params: { uri: 'alice/hello' },
    list: 'repostedBy',
    facts: ({ repostedBy }) => dids(repostedBy),
    sees: { everyone: lines('dan, bob'), carla: ['bob'] },
  },
  {
    nsid: 'app.bsky.feed.getQuotes',
    params: { uri: 'alice/photo' },
    list: 'posts',
    facts: ({ posts }) => uris(posts),
    sees: { everyone: lines('carla/quote, bob/quote'), dan: ['bob/quote'] },
  },
  {
    nsid: 'app.bsky.bookmark.getBookmarks',
    list: 'bookmarks',
    facts: ({ bookmarks }) => bookmarks.map(({ item }: Answer) => `${item.$type.split('#')[1]} ${item.uri}`),
    sees: {
      alice: [],
      bob: lines('postView carla/link, postView dan/as mentioned, postView alice/hello'),
      carla: lines('postView alice/hello, blockedPost dan/as mentioned'),
      dan: ['notFoundPost alice/mistake'],
      nobody: SIGN_IN,
    },
  },
]
