/** A server that is sent what happens here: one commit after another, or all that it lacks. */
import { CommandBus } from '@nestjs/cqrs'
import { AddPeer } from '../../../src/modules/replication/add-peer.js'
import type { AskedPeer } from '../../../src/modules/replication/asked-peer.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { settled } from './settled.js'

let b: TestServer
let c: TestServer

beforeEach(async () => {
  b = await startTestServer({ PDS_SERVICE_HANDLE_DOMAINS: '.b.test' })
  c = await startTestServer({ PDS_SERVICE_HANDLE_DOMAINS: '.c.test', PDS_DID_PLC_URL: b.url })
})
afterEach(async () => {
  await stopTestServer(b)
  await stopTestServer(c)
})

const addPeer = (server: TestServer, peer: AskedPeer): Promise<unknown> =>
  server.app.get(CommandBus, { strict: false }).execute(new AddPeer(peer))

it('brings over what is there, then every commit, and the end of an account', async () => {
  const bob = await b.signUp('bob.b')
  for (let i = 0; i < 5; i++) await bob.post({ text: `before ${i}` })
  await addPeer(c, { who: b.url, direction: 'accept' })
  await addPeer(b, { who: c.url, direction: 'push' })
  await settled([b, c], [bob.assertDid])
  for (let i = 0; i < 70; i++) await bob.post({ text: `after ${i}` })
  const carla = await b.signUp('carla.b')
  await carla.post({ text: 'new here' })
  await settled([b, c], [bob.assertDid, carla.assertDid])
  const { data } = await c.agent().app.bsky.feed.getAuthorFeed({ actor: carla.assertDid })
  expect(data.feed).toMatchObject([{ post: { author: { handle: 'carla.b.test' }, record: { text: 'new here' } } }])
})
