/** requestCrawl as it is received, and the hosts that are followed from here as anyone may see them. */
import { jest } from '@jest/globals'
import { Database } from '../../../src/modules/database/database.js'
import { PeerFollower } from '../../../src/modules/replication/peer-follower.js'
import { PeerStates } from '../../../src/modules/replication/peer-states.js'
import { Peers } from '../../../src/modules/replication/peers.js'
import { TestServer } from '../../support/account-app.js'
import { PlcStub } from '../../support/plc-stub.js'
import { answer, OtherHost } from './other-host.js'

const DESCRIPTION = { did: 'did:web:localhost', availableUserDomains: ['.test'] }

let plc: PlcStub
let server: TestServer
let host: OtherHost

beforeEach(async () => {
  plc = await PlcStub.start()
  host = await OtherHost.start(answer(200, DESCRIPTION))
  server = await TestServer.start({ PDS_DID_PLC_URL: plc.url, PDS_CRAWL_HOSTS: '*' })
})
afterEach(async () => {
  await server.close()
  await host.close()
  await plc.close()
})

const ask = (hostname: unknown, of = server): ReturnType<TestServer['post']> =>
  of.post('com.atproto.sync.requestCrawl', { body: { hostname } })
const notify = (hostname: unknown): ReturnType<TestServer['post']> =>
  server.post('com.atproto.sync.notifyOfUpdate', { body: { hostname } })
const peersOf = (of: TestServer): ReturnType<Peers['list']> => of.get<Peers>(Peers).list()
const hosts = async (params = ''): Promise<Record<string, unknown>> => {
  const { status, body } = await server.query('com.atproto.sync.listHosts', { params })
  expect(status).toBe(200)
  return body
}
const OK = { status: 200, body: {} }

it('follows a host that asks for it after its first write, within bounds, and says so', async () => {
  const env = { PDS_DID_PLC_URL: plc.url, PDS_CRAWLERS: server.url, PDS_SERVICE_HANDLE_DOMAINS: '.home.test' }
  const home = await TestServer.start(env)
  const { did, accessJwt: auth } = await home.createAccount('alice.home')
  for (let status = 0; status !== 200;)
    ({ status } = await server.query('com.atproto.sync.getLatestCommit', { params: `?did=${did}` }))
  expect(await peersOf(server)).toMatchObject([
    { url: home.url, direction: 'pull', repos: 'all', maxAccounts: 1_000, maxBytes: 5 * 1024 ** 3, maxRate: 200 },
  ])
  const hostname = new URL(home.url).host
  const seen = { hostname, seq: expect.any(Number) as number, accountCount: 1, status: 'active' }
  const record = { text: 'news', createdAt: new Date().toISOString() }
  await home.post('com.atproto.repo.createRecord', {
    auth,
    body: { repo: did, collection: 'app.bsky.feed.post', record },
  })
  for (let seq: unknown; seq === undefined;)
    ({ seq } = (await server.query('com.atproto.sync.getHostStatus', { params: `?hostname=${hostname}` })).body)
  expect(await server.query('com.atproto.sync.getHostStatus', { params: `?hostname=${hostname}` })).toEqual({
    status: 200,
    body: seen,
  })
  expect(await hosts()).toEqual({ hosts: [seen] })
  await home.close()
})

it('follows those that the operator lists, and no other', async () => {
  const env = { PDS_DID_PLC_URL: plc.url, PDS_CRAWL_HOSTS: `pds.example, ${host.hostname.toUpperCase()}` }
  server = await server.restart(env)
  expect(await ask(host.hostname)).toEqual(OK)
  const other = await OtherHost.start(answer(200, DESCRIPTION))
  expect(await ask(other.hostname)).toMatchObject({ status: 400, body: { error: 'HostBanned' } })
  expect(await ask('pds.example:8443')).toMatchObject({ status: 400, body: { error: 'HostBanned' } })
  expect((await peersOf(server)).map(({ url }) => url)).toEqual([host.url])
  expect(other.asked).toEqual([])
  await other.close()
})

it('follows nobody unless the operator says so, but knows whom it follows', async () => {
  server = await server.restart({ PDS_DID_PLC_URL: plc.url })
  expect(await ask(host.hostname)).toMatchObject({ status: 400, body: { error: 'HostBanned' } })
  expect(host.asked).toEqual([])
  const peers = server.get<Peers>(Peers)
  const quotas = { maxAccounts: 7, maxBytes: null, maxRate: null }
  const peer = { url: host.url, direction: 'pull', repos: 'all', dids: [], relay: false, ...quotas } as const
  await server.get<Database>(Database).write((tx) => peers.add(tx, peer))
  const hurry = jest.spyOn(server.get<PeerFollower>(PeerFollower), 'hurry')
  expect(await ask(host.hostname.toUpperCase())).toEqual(OK)
  expect(await notify(host.hostname)).toEqual(OK)
  const [known, ...others] = await peers.list()
  expect([known, others]).toMatchObject([{ url: host.url, maxAccounts: 7 }, []])
  expect(hurry.mock.calls).toEqual([[known!.id], [known!.id]])
})

const NO_HOSTS = [
  'https://pds.example',
  'pds.example/',
  'pds.example/xrpc',
  'pds.example?x',
  'pds.example#x',
  'alice@pds.example',
  'alice:secret@pds.example',
  ' pds.example',
  'pds.example\n',
  'pds.example:',
  'pds.example:65536',
  'pds.example:443:443',
  'pds..example',
  '-pds.example',
  'pds',
  '',
  '127.0.0.1',
  '127.0.0.1:2583',
  '127.1',
  '0x7f.1',
  '[::1]',
  '[::1]:2583',
  'päds.example',
  `${'a'.repeat(64)}.example`,
  `${'a.'.repeat(150)}example`,
  'localhost:99999',
  'LOCALHOST:x',
  7,
  null,
  undefined,
  ['pds.example'],
]

it('takes nothing but the name of a host, with or without a port', async () => {
  for (const hostname of NO_HOSTS)
    for (const answered of [await ask(hostname), await notify(hostname)])
      expect([hostname, answered]).toMatchObject([hostname, { status: 400, body: { error: 'InvalidRequest' } }])
  expect(await peersOf(server)).toEqual([])
})

it('does not follow itself', async () => {
  const { port } = new URL(server.url)
  for (const name of ['localhost', 'LocalHost'])
    expect(await ask(`${name}:${port}`)).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
  expect(await peersOf(server)).toEqual([])
})

it('on the network follows nobody on this machine', async () => {
  server = await server.restart({ PDS_DID_PLC_URL: plc.url, PDS_CRAWL_HOSTS: '*', PDS_DEV_MODE: 'false' })
  expect(await ask(host.hostname)).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
  expect(await ask(`host.${host.hostname}`)).toMatchObject({ status: 400, body: { error: 'HostNotFound' } })
  expect(host.asked).toEqual([])
  expect(await peersOf(server)).toEqual([])
})

it.each([
  ['nothing that is JSON', (response) => void response.end('<html>')],
  ['something else', answer(200, { name: 'a coffee machine' })],
  ['with an error', answer(404, DESCRIPTION)],
  ['with a redirect', (response) => void response.writeHead(302, { location: 'http://localhost:1/' }).end()],
  ['more than anybody reads', (response) => void response.end(Buffer.alloc(5 * 1024 * 1024))],
  ['by hanging up', (response) => void response.destroy()],
] as [string, OtherHost['respond']][])('does not follow a host that answers %s', async (_, respond) => {
  host.respond = respond
  expect(await ask(host.hostname)).toMatchObject({ status: 400, body: { error: 'HostNotFound' } })
  expect(host.asked).toMatchObject([{ path: expect.stringMatching(/describeServer/) as string }])
  expect(await peersOf(server)).toEqual([])
})

it('looks at eight hosts at once and no more, and at each once', async () => {
  const others = await Promise.all(Array.from({ length: 8 }, () => OtherHost.start(() => undefined)))
  const asking = [...others, others[0]!].map(({ hostname }) => ask(hostname))
  await Promise.all(others.map((other) => other.times(1)))
  expect(await ask(host.hostname)).toMatchObject({ status: 503, body: { error: 'NotEnoughResources' } })
  expect(await ask('not a host')).toMatchObject({ status: 400 })
  await Promise.all(others.map((other) => other.close()))
  for (const asked of asking) expect(await asked).toMatchObject({ status: 400, body: { error: 'HostNotFound' } })
  expect(others.map(({ asked }) => asked.length)).toEqual(others.map(() => 1))
  expect(await ask(host.hostname)).toEqual(OK)
})

it('lists hosts page by page, and takes no more of them for their asking than a hundred', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `pds-${i}.example`)
  const rows = [...names.map((name) => [`https://${name}`, 'pull']), ['https://sink.example', 'push']]
  await server.get<Database>(Database).write(async (tx) => {
    for (const row of rows)
      await tx.run("INSERT INTO peer (url, direction, repos, relay) VALUES (?, ?, 'all', 0)", ...row)
  })
  expect(await ask(host.hostname)).toMatchObject({ status: 503, body: { error: 'NotEnoughResources' } })
  expect(host.asked).toEqual([])
  const all = (await hosts()).hosts as { hostname: string }[]
  expect(all).toEqual(names.map((hostname) => ({ hostname, accountCount: 0, status: 'idle' })))
  for (const limit of [1, 33, 50, 100, 1000]) {
    const found: unknown[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page = await hosts(`?limit=${limit}&cursor=${cursor}`)
      found.push(...(page.hosts as unknown[]))
      cursor = page.cursor as string | undefined
    }
    expect(found).toEqual(all)
  }
  for (const params of ['?cursor=x', '?cursor=-1', '?limit=0', '?limit=1001'])
    expect(await server.query('com.atproto.sync.listHosts', { params })).toMatchObject({ status: 400 })
})

it('says of a host whether it is heard', async () => {
  expect(await ask(host.hostname)).toEqual(OK)
  const [peer] = await peersOf(server)
  const state = server.get<PeerStates>(PeerStates)
  // The host is no server of WebSockets.
  while (state.of(peer!.id).connection !== 'waiting') await new Promise((resolve) => setTimeout(resolve, 10))
  const statusOf = (hostname: string): ReturnType<TestServer['query']> =>
    server.query('com.atproto.sync.getHostStatus', { params: `?hostname=${encodeURIComponent(hostname)}` })
  expect(await statusOf(host.hostname)).toEqual({
    status: 200,
    body: { hostname: host.hostname, accountCount: 0, status: 'offline' },
  })
  for (const hostname of ['pds.example', host.url, `${host.hostname}/`])
    expect(await statusOf(hostname)).toMatchObject({ status: 400, body: { error: 'HostNotFound' } })
})

it('ignores what hosts that are not followed say of their updates', async () => {
  expect(await notify(host.hostname)).toEqual(OK)
  expect(host.asked).toEqual([])
  expect(await peersOf(server)).toEqual([])
})
