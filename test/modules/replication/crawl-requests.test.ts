/** PDS_CRAWLERS: relays that are asked to come when something was written here, and how often. */
import { CommandBus } from '@nestjs/cqrs'
import { Secrets } from '../../../src/modules/config/secrets.js'
import { Database } from '../../../src/modules/database/database.js'
import { AddPeer } from '../../../src/modules/replication/add-peer.js'
import { TestServer } from '../../support/account-app.js'
import { answer, OtherHost } from './other-host.js'

const MINUTE = 60_000

let crawler: OtherHost
let server: TestServer

beforeEach(async () => {
  crawler = await OtherHost.start()
  server = await TestServer.start({ PDS_CRAWLERS: crawler.url })
})
afterEach(async () => {
  await server.close()
  await crawler.close()
})

interface Row {
  kind: string
  payload: string
  attempts: number
  due_at: number
}

/** What is promised, once that is as it should be. */
async function promised(is: (rows: Row[]) => boolean, of = server): Promise<Row[]> {
  for (;;) {
    const rows = await of.get<Database>(Database).read.all<Row>('SELECT kind, payload, attempts, due_at FROM outbox')
    if (is(rows)) return rows
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
const none = (rows: Row[]): boolean => rows.length === 0
const some = (rows: Row[]): boolean => rows.length > 0

async function write(who: { did: string; accessJwt: string }, of = server): Promise<void> {
  const record = { text: 'news', createdAt: new Date().toISOString() }
  const body = { repo: who.did, collection: 'app.bsky.feed.post', record }
  expect(await of.post('com.atproto.repo.createRecord', { auth: who.accessJwt, body })).toMatchObject({ status: 200 })
}

it('asks each crawler at the first write, by the name and port that this server is reached at', async () => {
  const other = await OtherHost.start()
  const both = await server.restart({ PDS_CRAWLERS: `${crawler.url}, ${other.url}/, ${crawler.url}` })
  server = both
  expect([...crawler.asked, ...other.asked, ...(await promised(none))]).toEqual([])
  await server.createAccount('alice')
  await Promise.all([crawler.times(1), other.times(1), promised(none)])
  const asked = { path: '/xrpc/com.atproto.sync.requestCrawl', body: `{"hostname":"${new URL(server.url).host}"}` }
  expect([crawler.asked, other.asked]).toEqual([[asked], [asked]])
  await other.close()
})

it('asks once more when 20 minutes are over, for all that was written in them, and then at the next write', async () => {
  const alice = await server.createAccount('alice')
  await crawler.times(1)
  await promised(none)
  for (let i = 0; i < 5; i++) await write(alice)
  const [row, ...more] = await promised(some)
  expect(row).toMatchObject({ kind: 'request-crawl', attempts: 0 })
  expect(more).toEqual([])
  expect(row!.due_at - Date.now()).toBeGreaterThan(19 * MINUTE)
  server.advance(19 * MINUTE)
  await write(alice)
  expect(await promised(some)).toEqual([row])
  expect(crawler.asked).toHaveLength(1)
  server.advance(MINUTE)
  await crawler.times(2)
  await promised(none)
  server.advance(60 * MINUTE)
  await write(alice)
  await crawler.times(3)
  await promised(none)
  expect(crawler.asked).toHaveLength(3)
})

it('asks again for what is written while a request is on its way', async () => {
  let release = (): void => undefined
  crawler.respond = (response) => void (release = () => response.end())
  const alice = await server.createAccount('alice')
  await crawler.times(1)
  const [before] = await promised(some)
  await write(alice)
  release()
  crawler.respond = answer(200)
  const [after] = await promised(([row]) => row !== undefined && row.due_at !== before!.due_at)
  expect(after!.due_at - Date.now()).toBeGreaterThan(19 * MINUTE)
  expect(crawler.asked).toHaveLength(1)
  server.advance(20 * MINUTE)
  await crawler.times(2)
})

it('keeps a promise that it could not keep before it was restarted, without another write', async () => {
  const requestOf = ({ url }: TestServer): string => JSON.stringify({ hostname: new URL(url).host })
  const first = requestOf(server)
  crawler.respond = (response) => {
    if (crawler.asked.at(-1)!.body === first) response.destroy()
    else response.end()
  }
  const alice = await server.createAccount('alice')
  await promised(([row]) => row !== undefined && row.attempts > 0)
  await write(alice)
  expect(await promised(some)).toHaveLength(1)
  server = await server.restart()
  await promised(none)
  expect(crawler.asked.filter(({ body }) => body !== first)).toMatchObject([{ body: requestOf(server) }])
})

it('tries again after a failure, and leaves out one who refuses until the next time', async () => {
  crawler.respond = answer(503)
  const alice = await server.createAccount('alice')
  await promised(([row]) => row !== undefined && row.attempts > 0)
  crawler.respond = answer(400, { error: 'HostBanned' })
  await promised(none)
  const asked = crawler.asked.length
  await write(alice)
  const rows = await promised(some)
  expect(rows).toHaveLength(1)
  expect(rows[0]!.due_at - Date.now()).toBeGreaterThan(19 * MINUTE)
  crawler.respond = answer(200)
  server.advance(20 * MINUTE)
  await promised(none)
  expect(crawler.asked).toHaveLength(asked + 1)
})

it('does not ask one who is no crawler any more', async () => {
  crawler.respond = answer(500)
  await server.createAccount('alice')
  await promised(([row]) => row !== undefined && row.attempts > 0)
  server = await server.restart({})
  const asked = crawler.asked.length
  await promised(none)
  expect(crawler.asked).toHaveLength(asked)
})

it('does not ask when the last account is gone', async () => {
  const alice = await server.createAccount('alice')
  await crawler.times(1)
  await promised(none)
  server = await server.restart()
  const auth = `Basic ${btoa(`admin:${server.get<Secrets>(Secrets).adminPassword}`)}`
  const deleted = await server.post('com.atproto.admin.deleteAccount', { auth, body: { did: alice.did } })
  expect(deleted.status).toBe(200)
  await promised(none)
  const asked = crawler.asked.length
  await server.createAccount('bob')
  await crawler.times(asked + 1)
  await promised(none)
  expect(crawler.asked).toHaveLength(asked + 1)
})

it('does not ask for what is written elsewhere and kept here', async () => {
  const home = await TestServer.start({ PDS_CRAWLERS: '' })
  server = await server.restart({ PDS_CRAWLERS: crawler.url, PDS_DID_PLC_URL: home.url })
  const alice = await home.createAccount('alice')
  await write(alice, home)
  await server.get(CommandBus).execute(new AddPeer({ who: home.url }))
  for (let status = 0; status !== 200;)
    ({ status } = await server.query('com.atproto.repo.describeRepo', { params: `?repo=${alice.did}` }))
  expect(await promised(none)).toEqual([])
  expect(crawler.asked).toEqual([])
  await home.close()
})
