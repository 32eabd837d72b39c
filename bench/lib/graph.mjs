import { POST } from './posts.mjs'
import { randomSource } from './stats.mjs'

/** How large a community is, before `--scale`. */
const SIZE = { users: 200, follows: 4_000, posts: 5_000, likes: 20_000, reposts: 3_000 }
const LEAST_USERS = 8
const START = Date.UTC(2025, 0, 1)
const SECOND = 1_000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE
/** Of every so many posts the first begins a deep thread, the second a wide one. */
const BLOCK = 1_000
const WORDS = 3_000
const TAGS = ['atproto', 'music', 'gardening', 'trains', 'poetry', 'football', 'cats', 'weather']
const SYLLABLES = [...'bdfgklmnprstv'].flatMap((consonant) => [...'aeiou'].map((vowel) => consonant + vowel))

/** The size of a community: `times` that of {@link SIZE}, by the scale of this run. */
export function sizeOf(scale, times) {
  const size = Object.fromEntries(Object.entries(SIZE).map(([name, count]) => [name, scale(count * times)]))
  const users = Math.max(LEAST_USERS, size.users)
  // In a tiny community not everybody can follow and like as much.
  const atMost = (count, pairs) => Math.min(count, Math.floor(pairs / 3))
  return {
    users,
    follows: atMost(size.follows, users * (users - 1)),
    posts: size.posts,
    likes: atMost(size.likes, users * size.posts),
    reposts: atMost(size.reposts, users * size.posts),
  }
}

/**
 * A community by indexes alone, the same one for the same size and seed: who follows whom, who wrote, liked and reposted
 * what. Few are followed by many and write much, few posts are liked by many, few words are used often. Of 1,000 posts about
 * 50 are one chain of replies, 150 answer one post, 200 answer others; some quote, mention, link, or carry a tag.
 */
export function makeGraph(size, seed = 1) {
  const random = randomSource(seed)
  const words = makeWords(random, WORDS)
  // The n-th word is used 1/n as often as the first.
  const word = () => words[Math.floor(words.length ** random.next()) - 1]
  const sentence = (least, most) => Array.from({ length: least + random.of(most - least + 1) }, word).join(' ')
  const someUser = (skew) => Math.floor(size.users * random.next() ** skew)
  // Liked posts are spread over all times: 7919 is prime, so this puts the posts into another order.
  const likedPost = () => (Math.floor(size.posts * random.next() ** 2) * 7919) % size.posts

  const users = Array.from({ length: size.users }, () => ({
    name: words[random.of(WORDS)].slice(0, 6),
    surname: words[random.of(WORDS)],
    description: sentence(5, 25),
  }))
  const follows = pairs(size.follows, () => {
    const [user, subject] = [someUser(1.2), someUser(2)]
    return user === subject ? null : [user, subject]
  })
  const posts = []
  const threads = { deep: [], wide: [] }
  for (let i = 0; i < size.posts; i++) posts.push(makePost(i))
  const likes = pairs(size.likes, () => [someUser(1), likedPost()])
  const reposts = pairs(size.reposts, () => [someUser(1), likedPost()])
  const moments = (list) => list.map(([user, post]) => ({ user, post, at: posts[post].at + SECOND + random.of(DAY) }))
  return { size, words, users, follows, posts, threads, likes: moments(likes), reposts: moments(reposts) }

  function makePost(i) {
    const post = { user: someUser(1.5), at: START + i * MINUTE, text: sentence(4, 36), parent: null, root: i, level: 0 }
    const { deep, wide } = threads
    const kind = random.next()
    if (i % BLOCK === 0) deep.push(i)
    else if (i % BLOCK === 1) wide.push(i)
    else if (kind < 0.05) {
      post.parent = deep.pop()
      deep.push(i)
    } else if (kind < 0.2) post.parent = wide.at(-1)
    else if (kind < 0.4) post.parent = i - 1 - random.of(Math.min(i, 300))
    if (post.parent !== null) post.root = posts[post.parent].root
    const extra = random.next()
    if (extra < 0.08) post.tag = random.pick(TAGS)
    else if (extra < 0.13) post.mention = someUser(2)
    else if (extra < 0.21) post.link = `https://example.com/${word()}/${i}`
    else if (extra < 0.27 && i > 0) post.quote = random.of(i)
    // What a post names has to be there before it.
    for (const named of [post.parent, post.quote ?? null])
      if (named !== null) post.level = Math.max(post.level, posts[named].level + 1)
    return post
  }
}

/**
 * The community as records of these accounts: phases of `{ user, collection, rkey, value }`, each of which names only records of
 * those before; and `posts`, the uri and CID of each.
 */
export function graphRecords(graph, accounts, { Cid, encodeCbor, jsonToRecord, tidFromMicros }) {
  const did = (user) => accounts[user].did
  const write = (collection, user, at, i, value, rkey = tidFromMicros(at * 1000 + (i % 1000), (i / 1000) & 1023)) => ({
    user,
    collection,
    rkey,
    value: { $type: collection, ...value, createdAt: new Date(at).toISOString() },
  })
  const refs = []
  const profiles = graph.users.map(({ name, surname, description }, i) =>
    write('app.bsky.actor.profile', i, START - DAY, i, { displayName: `${name} ${surname}`, description }, 'self'),
  )
  const follows = graph.follows.map(([user, subject], i) =>
    write('app.bsky.graph.follow', user, START + i * SECOND, i, { subject: did(subject) }),
  )
  const levels = []
  graph.posts.forEach((post, i) => {
    const written = write(POST, post.user, post.at, i, postRecord(post, refs, accounts))
    const cid = Cid.ofCbor(encodeCbor(jsonToRecord(written.value))).toString()
    refs.push({ uri: `at://${did(post.user)}/${POST}/${written.rkey}`, cid })
    ;(levels[post.level] ??= []).push(written)
  })
  const reactions = (collection, list) =>
    list.map(({ user, post, at }, i) => write(collection, user, at, i, { subject: refs[post] }))
  const likes = reactions('app.bsky.feed.like', graph.likes)
  return {
    phases: [profiles, follows, ...levels, likes, reactions('app.bsky.feed.repost', graph.reposts)],
    posts: refs,
  }
}

function postRecord({ text, parent, root, tag, mention, link, quote }, refs, accounts) {
  const record = { text, langs: ['en'] }
  const addFacet = (words, feature) => {
    const byteStart = Buffer.byteLength(record.text) + 1
    record.text += ` ${words}`
    record.facets = [{ index: { byteStart, byteEnd: byteStart + Buffer.byteLength(words) }, features: [feature] }]
  }
  if (tag) addFacet(`#${tag}`, { $type: 'app.bsky.richtext.facet#tag', tag })
  if (mention !== undefined) {
    const { did, handle } = accounts[mention]
    addFacet(`@${handle}`, { $type: 'app.bsky.richtext.facet#mention', did })
  }
  if (link) {
    addFacet(link, { $type: 'app.bsky.richtext.facet#link', uri: link })
    record.embed = {
      $type: 'app.bsky.embed.external',
      external: { uri: link, title: text.slice(0, 40), description: '' },
    }
  }
  if (quote !== undefined) record.embed = { $type: 'app.bsky.embed.record', record: refs[quote] }
  if (parent !== null) record.reply = { root: refs[root], parent: refs[parent] }
  return record
}

/** Words of two or three syllables. */
function makeWords(random, count) {
  const words = new Set()
  while (words.size < count) words.add(Array.from({ length: 2 + random.of(2) }, () => random.pick(SYLLABLES)).join(''))
  return [...words]
}

/** So many different pairs, in the order in which `next` comes upon them; null is none. */
function pairs(count, next) {
  const found = new Map()
  while (found.size < count) {
    const pair = next()
    if (pair) found.set(pair.join(), pair)
  }
  return [...found.values()]
}
