/** A host that is followed: what is written there stands here, and says the same. */
import { CommandBus } from '@nestjs/cqrs'
import { AddPeer } from '../../../src/modules/replication/add-peer.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { settled } from './settled.js'

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
