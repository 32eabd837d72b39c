import { randomSource } from './stats.mjs'

/** Different calls of a read; after the last one the first comes again. */
const CALLS = 1_000
/** Words that are not searched for: everybody uses them, and nobody asks for them. */
const COMMON = 20
/** One account in so many reads. */
const READER = 10

/**
 * What is asked of a community's AppView: a name, the method, the parameters of the i-th call, and how many things an answer
 * holds. Calls are spread over a tenth of the accounts, by turns; the same calls for the same community.
 */
export function readsOf({ graph, accounts, posts }) {
  const random = randomSource(7)
  const someActor = () => random.pick(accounts).did
  const somePost = () => random.pick(posts).uri
  // Who looks who has liked a post looks at one that is liked.
  const reacted = (reactions) => posts[random.pick(reactions).post].uri
  const some = (count, next) => Array.from({ length: count }, next)
  const rareWord = () => graph.words[COMMON + random.of(graph.words.length / 3)]
  const twoWords = () => {
    const written = random.pick(graph.posts).text.split(' ')
    return `${random.pick(written)} ${random.pick(written)}`
  }
  const query = (i) => (i % 2 === 0 ? rareWord() : twoWords())
  const thread = (uri) => [`feed.getPostThread`, () => ({ uri: uri() }), ({ thread: shown }) => sizeOfThread(shown)]
  const reads = {
    'getTimeline (50)': ['feed.getTimeline', () => ({ limit: 50 }), ({ feed }) => feed.length],
    'getAuthorFeed (50)': ['feed.getAuthorFeed', () => ({ actor: someActor(), limit: 50 }), ({ feed }) => feed.length],
    'getPostThread, any': thread(somePost),
    'getPostThread, wide': thread(() => posts[random.pick(graph.threads.wide)].uri),
    'getPostThread, deep': thread(() => posts[random.pick(graph.threads.deep)].uri),
    'getPosts (25)': ['feed.getPosts', () => ({ uris: some(25, somePost) }), (answer) => answer.posts.length],
    getProfile: ['actor.getProfile', () => ({ actor: someActor() }), () => 1],
    'getProfiles (25)': [
      'actor.getProfiles',
      () => ({ actors: some(25, someActor) }),
      (answer) => answer.profiles.length,
    ],
    'listNotifications (50)': [
      'notification.listNotifications',
      () => ({ limit: 50 }),
      ({ notifications }) => notifications.length,
    ],
    getUnreadCount: ['notification.getUnreadCount', () => ({}), () => 1],
    'getFollowers (50)': [
      'graph.getFollowers',
      () => ({ actor: someActor(), limit: 50 }),
      ({ followers }) => followers.length,
    ],
    'getFollows (50)': ['graph.getFollows', () => ({ actor: someActor(), limit: 50 }), ({ follows }) => follows.length],
    'getLikes (50)': ['feed.getLikes', () => ({ uri: reacted(graph.likes), limit: 50 }), ({ likes }) => likes.length],
    'getRepostedBy (50)': [
      'feed.getRepostedBy',
      () => ({ uri: reacted(graph.reposts), limit: 50 }),
      ({ repostedBy }) => repostedBy.length,
    ],
    'searchPosts (25)': ['feed.searchPosts', (i) => ({ q: query(i), limit: 25 }), (answer) => answer.posts.length],
    'searchActors (25)': [
      'actor.searchActors',
      () => ({ q: random.pick(graph.users).surname, limit: 25 }),
      ({ actors }) => actors.length,
    ],
    'searchActorsTypeahead (10)': [
      'actor.searchActorsTypeahead',
      () => ({ q: random.pick(graph.users).name.slice(0, 3), limit: 10 }),
      ({ actors }) => actors.length,
    ],
  }
  return Object.entries(reads).map(([name, [method, params, items]]) => {
    const calls = Array.from({ length: CALLS }, (_, i) => params(i))
    return { name, nsid: `app.bsky.${method}`, params: (i) => calls[i % CALLS], items }
  })
}

/** The accounts that read: many followed and few followed ones. */
export function readersOf({ accounts }) {
  return accounts.filter((_, i) => i % READER === 0)
}

function sizeOfThread({ parent, replies = [] }) {
  const above = parent ? sizeOfThread({ parent: parent.parent }) : 0
  return replies.reduce((sum, reply) => sum + sizeOfThread(reply), 1 + above)
}
