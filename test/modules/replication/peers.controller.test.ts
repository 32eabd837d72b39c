/** /admin/peers: what the operator asks over HTTP. */
import { Secrets } from '../../../src/modules/config/secrets.js'
import { Database } from '../../../src/modules/database/database.js'
import { PeerStates } from '../../../src/modules/replication/peer-states.js'
import { Peers } from '../../../src/modules/replication/peers.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { leavePeersAlone } from '../../support/unpeered.js'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await leavePeersAlone(server)
})
afterAll(() => stopTestServer(server))

async function ask(path: string, body?: unknown, type = 'application/json'): Promise<{ status: number; body: any }> {
  const { adminPassword } = server.app.get(Secrets, { strict: false })
  const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
  const response = await fetch(`${server.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization, ...(body !== undefined && { 'content-type': type }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

it('is for the operator alone', async () => {
  for (const [path, method] of [
    ['/admin/peers', 'GET'],
    ['/admin/peers', 'POST'],
    ['/admin/peers/remove', 'POST'],
  ])
    expect((await fetch(`${server.url}${path}`, { method })).status).toBe(401)
})

it('adds peers, lists them with what is here of them and what goes on, and removes them', async () => {
  const added = await ask('/admin/peers', { who: 'b.example', direction: 'pull', maxBytes: 1000 })
  expect(added).toMatchObject({ status: 200, body: { url: 'https://b.example', repos: 'all', maxBytes: 1000 } })
  const { id } = added.body as { id: number }
  server.app.get(PeerStates, { strict: false }).set(id, { connection: 'connected', events: 9, newest: 20 })
  const database = server.app.get(Database, { strict: false })
  const peers = server.app.get(Peers, { strict: false })
  await database.write(async (tx) => {
    await peers.move(tx, id, 12)
    await peers.fail(tx, id, 'it hung up', 1_700_000_000_000)
  })
  const listed = await ask('/admin/peers')
  expect(listed.status).toBe(200)
  expect(listed.body).toEqual({
    peers: [
      {
        ...added.body,
        position: 12,
        lastError: 'it hung up',
        errorAt: 1_700_000_000_000,
        accounts: 0,
        bytes: 0,
        wanted: 0,
        state: { connection: 'connected', since: expect.any(Number) as number, events: 9, newest: 20 },
      },
    ],
  })
  const removed = await ask('/admin/peers/remove', { who: 'b.example' })
  expect(removed).toMatchObject({ status: 200, body: { id, url: 'https://b.example' } })
  expect(await ask('/admin/peers')).toEqual({ status: 200, body: { peers: [] } })
  const again = await ask('/admin/peers/remove', { who: 'b.example', direction: 'pull' })
  expect(again).toMatchObject({ status: 400, body: { error: 'PeerNotFound' } })
})

it.each<[path: string, body: unknown]>([
  ['/admin/peers', {}],
  ['/admin/peers', []],
  ['/admin/peers', null],
  ['/admin/peers', { who: 7 }],
  ['/admin/peers', { who: 'b.example', direction: 'sideways' }],
  ['/admin/peers', { who: 'b.example', __proto__: null, constructor: 1 }],
  ['/admin/peers/remove', null],
  ['/admin/peers/remove', {}],
  ['/admin/peers/remove', { who: 'b.example', direction: 'sideways' }],
  ['/admin/peers/remove', { who: 'x'.repeat(254) }],
])('%s refuses %j', async (path, body) => {
  expect(await ask(path, body)).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
})

it('refuses a body that is not JSON', async () => {
  expect(await ask('/admin/peers', { who: 'b.example' }, 'text/plain')).toMatchObject({ status: 400 })
  expect(await ask('/admin/peers/remove', { who: 'b.example' }, 'text/plain')).toMatchObject({ status: 400 })
})
