import { Database } from '../../../src/modules/database/database.js'
import { Counted } from '../../../src/modules/metrics/counted.js'
import { Peers } from '../../../src/modules/replication/peers.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => stopTestServer(server))

it('counts what there is, slice by slice', async () => {
  const alice = await server.signUp('alice')
  await alice.com.atproto.server.deactivateAccount({})
  await server.signUp('bob')
  const database = server.app.get(Database)
  // More than one slice, of accounts with many blobs and of many accounts with one.
  const insert = 'INSERT INTO blob (did, cid, mime_type, size, created_at, loose_since) VALUES (?, ?, ?, ?, 0, ?)'
  await database.write(async (tx) => {
    for (let i = 0; i < 6_000; i++) await tx.run(insert, 'did:plc:many', Buffer.from(`${i}`), 'a/b', 2, null)
    for (let i = 0; i < 6_000; i++) await tx.run(insert, `did:plc:${i}`, Buffer.from('x'), 'a/b', 1, i % 2 ? 1 : null)
  })
  const counted = new Counted(database, server.app.get(Peers, { strict: false }))
  expect(await counted.blobs()).toEqual({ count: 12_000, bytes: 18_000, loose: 3_000 })
  const repos = await counted.repos()
  expect(repos).toHaveLength(2)
  expect(repos).toEqual(
    expect.arrayContaining([
      { hosting: 'hosted', status: 'active', count: 1 },
      { hosting: 'hosted', status: 'deactivated', count: 1 },
    ]),
  )
  expect(await counted.peers()).toEqual(new Map())
})
