/** A host that is followed: what is written there stands here, and says the same. */
import { CommandBus } from '@nestjs/cqrs'
import { AddPeer } from '../../../src/modules/replication/add-peer.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { repoOf, settled } from './settled.js'

let a: TestServer
let c: TestServer

beforeEach(async () => {
  a = await startTestServer({ PDS_SERVICE_HANDLE_DOMAINS: '.a.test' })
  c = await startTestServer({ PDS_SERVICE_HANDLE_DOMAINS: '.c.test', PDS_DID_PLC_URL: a.url })
})
afterEach(async () => {
  await stopTestServer(c)
  await stopTestServer(a)
})

it('brings over what is there, and then what happens', async () => {
  const alice = await a.signUp('alice.a')
  for (let i = 0; i < 5; i++) await alice.post({ text: `before ${i}` })
  await c.app.get(CommandBus, { strict: false }).execute(new AddPeer({ who: a.url }))
  await settled([a, c], [alice.assertDid])
  for (let i = 0; i < 100; i++) await alice.post({ text: `after ${i}` })
  await settled([a, c], [alice.assertDid])
  const feed = await c.agent().app.bsky.feed.getAuthorFeed({ actor: alice.assertDid })
  expect(feed.data.feed[0]!.post.author.handle).toBe('alice.a.test')
  expect(feed.data.feed).toHaveLength(50)
  const { data } = await c.agent().resolveHandle({ handle: 'alice.a.test' })
  expect(data.did).toBe(alice.assertDid)
})

it('of a host that is followed for whom the accounts here follow, takes those, also one whom it has passed over', async () => {
  const alice = await a.signUp('alice.a')
  const bob = await a.signUp('bob.a')
  const carla = await c.signUp('carla.c')
  await carla.follow(alice.assertDid)
  await c.app.get(CommandBus, { strict: false }).execute(new AddPeer({ who: a.url, repos: 'followed' }))
  await settled([a, c], [alice.assertDid])
  // Bob is heard of, and nobody's business; then he is.
  await bob.post({ text: 'is anybody there' })
  await alice.post({ text: 'after him' })
  await settled([a, c], [alice.assertDid])
  expect(await repoOf(c, bob.assertDid)).toBeNull()
  await carla.follow(bob.assertDid)
  await settled([a, c], [bob.assertDid])
  const { data } = await carla.getTimeline()
  expect(data.feed.map(({ post }) => post.author.handle).sort()).toEqual(['alice.a.test', 'bob.a.test'])
})

it('of one account that is followed by its DID, takes that one; and another as soon as it is on the list', async () => {
  const alice = await a.signUp('alice.a')
  const bob = await a.signUp('bob.a')
  const commands = c.app.get(CommandBus, { strict: false })
  await commands.execute(new AddPeer({ who: alice.assertDid }))
  await settled([a, c], [alice.assertDid])
  await bob.post({ text: 'nobody listens' })
  await alice.post({ text: 'after him' })
  await settled([a, c], [alice.assertDid])
  expect(await repoOf(c, bob.assertDid)).toBeNull()
  await commands.execute(new AddPeer({ who: bob.assertDid }))
  await settled([a, c], [alice.assertDid, bob.assertDid])
  await bob.post({ text: 'now somebody does' })
  await settled([a, c], [bob.assertDid])
})
