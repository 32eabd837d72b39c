/** 35. Records of values that would pin, hide or break what others see. */
import type { AtpAgent } from '@atproto/api'
import { LexiconCheck } from '../support/lexicon-check.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'

type Client = AtpAgent & { assertDid: string }
const POSTS = 'app.bsky.feed.post'

let server: TestServer
let alice: Client
let bob: Client
const check = new LexiconCheck()

beforeAll(async () => {
  server = await startTestServer()
  ;[alice, bob] = [await server.signUp('alice'), await server.signUp('bob')]
  await bob.follow(alice.assertDid)
})
afterAll(() => stopTestServer(server))

const write = async (collection: string, record: object, who = alice) =>
  (await who.com.atproto.repo.createRecord({ repo: who.assertDid, collection, record: { ...record } })).data
const post = (text: string, more: object = {}) =>
  write(POSTS, { $type: POSTS, text, createdAt: new Date().toISOString(), ...more })

it('a post of the year 9999 is as new as it is, and does not stay on top', async () => {
  await post('of tomorrow', { createdAt: '9999-12-31T23:59:59.999Z' })
  await post('of today')
  const { data: timeline } = await bob.getTimeline()
  const { data: feed } = await bob.getAuthorFeed({ actor: alice.assertDid })
  const { data: found } = await bob.app.bsky.feed.searchPosts({ q: 'of', sort: 'latest' })
  for (const posts of [timeline.feed.map((item) => item.post), feed.feed.map((item) => item.post), found.posts])
    expect(posts.slice(0, 2).map(({ record }) => record.text)).toEqual(['of today', 'of tomorrow'])
})

it('a post of the year 1 is as old as it says', async () => {
  await post('of long ago', { createdAt: '0001-01-01T00:00:00Z' })
  const { data } = await bob.getTimeline()
  expect(data.feed.at(-1)!.post.record.text).toBe('of long ago')
})

it('facets within a character, upon each other, or beyond the text are given as they are, to everybody', async () => {
  const features = [{ $type: 'app.bsky.richtext.facet#mention', did: bob.assertDid }]
  const at = (byteStart: number, byteEnd: number) => ({ index: { byteStart, byteEnd }, features })
  const facets = [at(1, 2), at(0, 4), at(2, 3), at(3, 1), at(0, 1_000_000), at(9, 9)]
  const { uri } = await post('\u{1f408}\u{1f408}', { facets })
  const agent = server.agent()
  for (const answer of [
    await check.fetch(`${server.url}/xrpc/app.bsky.feed.getPosts?uris=${uri}`),
    await check.fetch(`${server.url}/xrpc/app.bsky.feed.getPostThread?uri=${uri}`),
  ])
    expect(answer.status).toBe(200)
  expect((await agent.getPosts({ uris: [uri] })).data.posts[0]!.record.facets).toEqual(facets)
  await expect(bob.listNotifications()).resolves.toMatchObject({ success: true })
})

it.each([
  [
    'a like of a profile',
    'app.bsky.feed.like',
    (did: string, cid: string) => ({ subject: { uri: `at://${did}`, cid } }),
  ],
  [
    'a like of a collection',
    'app.bsky.feed.like',
    (did: string, cid: string) => ({ subject: { uri: `at://${did}/${POSTS}`, cid } }),
  ],
  [
    'a repost of nothing',
    'app.bsky.feed.repost',
    (did: string, cid: string) => ({ subject: { uri: `at://${did}/${POSTS}/x`, cid } }),
  ],
  ['a follow of oneself', 'app.bsky.graph.follow', (did: string) => ({ subject: did })],
  ['a block of oneself', 'app.bsky.graph.block', (did: string) => ({ subject: did })],
  ['an item of no list', 'app.bsky.graph.listitem', (did: string) => ({ subject: did, list: `at://${did}` })],
])('%s is refused, or a record that disturbs nobody', async (_, collection, record) => {
  const { cid } = await post('liked')
  await write(collection, {
    $type: collection,
    createdAt: new Date().toISOString(),
    ...record(alice.assertDid, cid),
  }).catch(({ status }: { status: number }) => expect(status).toBe(400))
  for (const path of [
    `app.bsky.actor.getProfile?actor=${alice.assertDid}`,
    `app.bsky.feed.getAuthorFeed?actor=${alice.assertDid}`,
    `app.bsky.graph.getFollows?actor=${alice.assertDid}`,
    `app.bsky.graph.getFollowers?actor=${alice.assertDid}`,
  ])
    expect([path, (await check.fetch(`${server.url}/xrpc/${path}`)).status]).toEqual([path, 200])
})

it('a like of one’s own like counts for nothing, and ends', async () => {
  const { uri, cid } = await write('app.bsky.feed.like', {
    subject: await post('first'),
    createdAt: new Date().toISOString(),
  })
  const second = await write('app.bsky.feed.like', { subject: { uri, cid }, createdAt: new Date().toISOString() })
  const { data } = await bob.app.bsky.feed.getLikes({ uri })
  expect(data.likes.length).toBeLessThanOrEqual(1)
  expect(second.uri).not.toBe(uri)
})
