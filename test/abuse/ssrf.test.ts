/** 21. A server on the internet makes no request into the network that it stands in, whoever names the address. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DnsTxt } from '../../src/modules/identity/dns-txt.js'
import { formatGenesis } from '../../src/modules/identity/plc/genesis.js'
import { PlcDirectory } from '../../src/modules/identity/plc/plc-directory.js'
import { SigningKey } from '../../src/repo-engine/index.js'
import { call } from '../e2e/call.js'
import { TestServer } from '../support/account-app.js'

let server: TestServer
let alice: { did: string; accessJwt: string }
/** Stands where nobody from outside may have this server look. */
let inside: Server
let connections = 0

beforeAll(async () => {
  inside = createServer((_, response) => void response.end('secret'))
  inside.on('connection', () => connections++)
  await new Promise<void>((ready) => inside.listen(0, '127.0.0.1', ready))
  server = await TestServer.start({ PDS_DISABLE_SSRF_PROTECTION: 'false', PDS_CRAWL_HOSTS: '*' })
  // Names of whoever has a domain may point anywhere.
  server.get(DnsTxt).lookup = () => Promise.resolve([])
  alice = await server.createAccount('alice')
})
afterAll(async () => {
  await server.close()
  inside.closeAllConnections()
  inside.close()
})
afterEach(() => expect(connections).toBe(0))

const port = () => (inside.address() as AddressInfo).port

/** An identity whose services are said to be there. */
async function named(url: string): Promise<string> {
  const key = SigningKey.generate()
  const { did, op } = formatGenesis({
    handle: 'mallory.example.com',
    signingKey: key.didKey,
    rotationKey: key,
    recoveryKeys: [],
    pdsUrl: url,
  })
  await server.get(PlcDirectory).submit(did, op)
  return did
}

const places = (): string[] => [
  `http://127.0.0.1:${port()}`,
  `https://127.0.0.1:${port()}`,
  `http://localhost:${port()}`,
  `https://localhost:${port()}`,
  `http://[::ffff:127.0.0.1]:${port()}`,
  `http://2130706433:${port()}`,
  `http://0x7f.1:${port()}`,
  `http://0.0.0.0:${port()}`,
]

it('for DID documents', async () => {
  for (const did of [`did:web:localhost%3A${port()}`, 'did:web:127.0.0.1', 'did:web:169.254.169.254'])
    expect((await call(server, 'com.atproto.identity.resolveDid', { params: { did } })).status).toBe(400)
})

it('for handles', async () => {
  for (const handle of ['localhost', 'foo.localhost', 'metadata.internal', '127.0.0.1'])
    expect((await call(server, 'com.atproto.identity.resolveHandle', { params: { handle } })).status).toBe(400)
})

it('for calls that are passed on', async () => {
  for (const place of places()) {
    const headers = { 'atproto-proxy': `${await named(place)}#atproto_pds` }
    const { status } = await call(server, 'com.example.unheard.of', { as: alice.accessJwt, headers })
    expect([place, status]).toEqual([place, expect.any(Number)])
    expect(status).toBeGreaterThanOrEqual(400)
  }
})

it('for feeds', async () => {
  for (const did of [`did:web:localhost%3A${port()}`, await named(places()[0]!)]) {
    const record = { did, displayName: 'feed', createdAt: new Date().toISOString() }
    const body = { repo: alice.did, collection: 'app.bsky.feed.generator', record }
    const { json } = await call(server, 'com.atproto.repo.createRecord', { as: alice.accessJwt, body })
    const params = { feed: json.uri as string }
    expect((await call(server, 'app.bsky.feed.getFeed', { params })).status).toBe(400)
    expect((await call(server, 'app.bsky.feed.getFeedGenerator', { params })).status).toBe(200)
  }
})

it('for hosts that ask to be crawled', async () => {
  for (const hostname of [
    `localhost:${port()}`,
    `127.0.0.1:${port()}`,
    '127.0.0.1',
    'localhost',
    '10.0.0.1',
    '169.254.169.254',
  ])
    await call(server, 'com.atproto.sync.requestCrawl', { body: { hostname } })
  const { json } = await call(server, 'com.atproto.sync.listHosts')
  expect(JSON.stringify(json)).not.toMatch(/127\.0|10\.0|169\.254/)
})

it('for accounts that move in', async () => {
  const did = `did:web:localhost%3A${port()}`
  const body = { did, handle: 'carla.test', email: 'carla@example.com', password: 'carla-password' }
  expect((await call(server, 'com.atproto.server.createAccount', { body, as: 'x.y.z' })).status).toBeGreaterThanOrEqual(
    400,
  )
})
