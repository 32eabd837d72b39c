/** `/subscribe`, as a plain client of Jetstream sees it. */
import { setTimeout as delay } from 'node:timers/promises'
import { CommandBus } from '@nestjs/cqrs'
import { WebSocket } from 'ws'
import { CompactLog } from '../../../../src/modules/repo/compact-log.js'
import { ImportRepo } from '../../../../src/modules/repo/import-repo.js'
import type { Did } from '../../../../src/repo-engine/index.js'
import { ask, carOf, NOTE } from '../../../durability/load.js'
import { startTestServer, stopTestServer, type TestServer } from '../../../support/server.js'
import { connect, type Subscription } from '../subscribe.js'

const ELSEWHERE = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' as Did

interface Event {
  did: string
  time_us: number
  kind: string
  commit?: {
    rev: string
    operation: string
    collection: string
    rkey: string
    record?: { text?: string }
    cid?: string
  }
  identity?: object
  account?: object
}

let server: TestServer

beforeEach(async () => (server = await startTestServer()))
afterEach(() => stopTestServer(server))

const address = (query: string): string => `${server.url.replace('http', 'ws')}/subscribe?${query}`
const subscribe = (query = ''): Promise<Subscription> => connect(address(query))
const take = async (events: Subscription, count: number): Promise<Event[]> =>
  (await events.take(count)).map((message) => JSON.parse(message.toString()) as Event)
const execute = <T>(command: object): Promise<T> =>
  server.app.get(CommandBus, { strict: false }).execute(command as never)
const texts = (events: Event[]): unknown[] => events.map(({ commit }) => commit?.record?.text)

/** Takes in a repository that is not hosted here, of so many records. */
async function archive(records: number): Promise<void> {
  async function* car(): AsyncGenerator<Uint8Array> {
    yield carOf(ELSEWHERE, 1, records)
  }
  await execute(new ImportRepo(car(), { did: ELSEWHERE, hosting: 'archived', key: null }))
}

/** Everything from a cursor on, up to the event that is made to be the last. */
async function history(cursor = 0): Promise<Event[]> {
  const end = await server.signUp(`end${endings++}`)
  const events = await subscribe(`cursor=${cursor}`)
  const found: Event[] = []
  while (found.at(-1)?.did !== end.assertDid) found.push(...(await take(events, 1)))
  events.close()
  return found.slice(0, -1)
}
let endings = 0

/** The answer to a handshake that fails. */
async function refusal(query: string, headers: Record<string, string> = {}): Promise<string> {
  const webSocket = new WebSocket(address(query), { headers })
  return new Promise((resolve, reject) => {
    webSocket.on('open', () => reject(new Error('it was let in')))
    webSocket.on('unexpected-response', (_, response) => {
      let body = ''
      response.on('data', (text: Buffer) => (body += text.toString()))
      response.on('end', () => resolve(`${response.statusCode} ${body}`))
    })
  })
}

it('tells what happens, an operation at a time, in the words of Jetstream', async () => {
  const alice = await server.signUp('alice')
  const repo = alice.assertDid
  const created = await alice.post({ text: 'one' })
  const [collection, rkey] = created.uri.split('/').slice(-2) as [string, string]
  const record = { $type: collection, text: 'two', createdAt: new Date().toISOString() }
  const updated = await alice.com.atproto.repo.putRecord({ repo, collection, rkey, record })
  const deleted = await alice.com.atproto.repo.deleteRecord({ repo, collection, rkey })
  const events = await subscribe('cursor=0')
  const [identity, account, ...commits] = await take(events, 5)
  expect(identity).toEqual({
    did: repo,
    time_us: expect.any(Number),
    kind: 'identity',
    identity: { did: repo, handle: 'alice.test', seq: expect.any(Number), time: expect.any(String) },
  })
  expect(account).toEqual({
    did: repo,
    time_us: identity!.time_us + 1,
    kind: 'account',
    account: { active: true, did: repo, seq: expect.any(Number), time: expect.any(String) },
  })
  const { rev } = updated.data.commit!
  expect(commits).toMatchObject([
    { kind: 'commit', commit: { operation: 'create', collection, rkey, record: { text: 'one' }, cid: created.cid } },
    { commit: { operation: 'update', collection, rkey, rev, record, cid: updated.data.cid } },
    { did: repo, commit: { operation: 'delete', collection, rkey, rev: deleted.data.commit!.rev } },
  ])
  expect(Object.keys(commits[2]!.commit!)).toEqual(['rev', 'operation', 'collection', 'rkey'])
  events.close()
})

it('each operation of a commit has a time of its own, the same after a restart; from any of them on the rest follows', async () => {
  const alice = await server.signUp('alice')
  const writes = (n: number): object[] =>
    Array.from({ length: n }, (_, i) => ({
      $type: 'com.atproto.repo.applyWrites#create',
      collection: NOTE,
      rkey: `${n}-${i}`,
      value: {
        $type: NOTE,
        text: `${n}-${i}`,
        link: { $link: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' },
      },
    }))
  for (const n of [3, 200, 1])
    await alice.com.atproto.repo.applyWrites({ repo: alice.assertDid, writes: writes(n) as never })
  const whole = await history()
  const times = whole.map(({ time_us }) => time_us)
  expect(new Set(times).size).toBe(2 + 204)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(whole[2]!.commit!.record).toEqual((writes(3)[0] as { value: object }).value)
  server = await server.restart()
  for (const i of [0, 1, 3, 100, 205]) {
    const events = await subscribe(`cursor=${times[i]}`)
    expect(await take(events, whole.length - i)).toEqual(whole.slice(i))
    events.close()
  }
})

it('without a cursor, with an empty one, or with one in the future, tells what happens from now on', async () => {
  const alice = await server.signUp('alice')
  await alice.post({ text: 'before' })
  const inAnHour = (Date.now() + 3_600_000) * 1_000
  for (const query of ['', 'cursor=', `cursor=${inAnHour}`, 'cursor=99999999999999999999']) {
    const events = await subscribe(query)
    await alice.post({ text: query })
    expect(texts(await take(events, 1))).toEqual([query])
    events.close()
  }
})

it('goes back no further than the operator allows', async () => {
  await stopTestServer(server)
  server = await startTestServer({ PDS_REPO_BACKFILL_LIMIT_MS: '1' })
  await server.signUp('alice')
  await delay(2)
  const events = await subscribe('cursor=0')
  const bob = await server.signUp('bob')
  expect(await take(events, 1)).toMatchObject([{ did: bob.assertDid }])
  events.close()
})

it('tells whom it is told to, live and from the log, and changes that in the middle', async () => {
  const [alice, bob] = [await server.signUp('alice'), await server.signUp('bob')]
  const byBob = `wantedDids=${bob.assertDid}`
  const [posts, notes, likes] = await Promise.all(
    [`wantedCollections=app.bsky.feed.*`, `${byBob}&wantedCollections=com.example.note`, byBob].map(subscribe),
  )
  const note = (text: string): Promise<unknown> =>
    bob.com.atproto.repo.createRecord({ repo: bob.assertDid, collection: NOTE, record: { $type: NOTE, text } })
  const all = async (): Promise<void> => {
    await alice.post({ text: 'a post' })
    await note('a note')
    await bob.post({ text: 'a post of bob' })
  }
  await all()
  expect(texts(await take(posts!, 2))).toEqual(['a post', 'a post of bob'])
  expect(texts(await take(likes!, 2))).toEqual(['a note', 'a post of bob'])
  likes!.webSocket.send(JSON.stringify({ type: 'something else' }))
  likes!.webSocket.send(
    JSON.stringify({ type: 'options_update', payload: { wantedCollections: ['app.bsky.feed.post'] } }),
  )
  // A ping is answered after what was sent before it has been read.
  const pong = new Promise((resolve) => likes!.webSocket.once('pong', resolve))
  likes!.webSocket.ping()
  await pong
  await all()
  expect(texts(await take(likes!, 2))).toEqual(['a post', 'a post of bob'])
  expect(texts(await take(notes!, 2))).toEqual(['a note', 'a note'])
  const past = await subscribe(`cursor=0&${byBob}&wantedCollections=com.example.*&maxMessageSizeBytes=0`)
  expect((await take(past, 4)).map(({ kind }) => kind)).toEqual(['identity', 'account', 'commit', 'commit'])
  for (const events of [posts, notes, likes, past]) events!.close()
})

it('with requireHello waits for a message', async () => {
  const alice = await server.signUp('alice')
  const events = await subscribe('cursor=0&requireHello=true')
  await alice.post({ text: 'one' })
  const payload = { wantedCollections: ['app.bsky.feed.post'], wantedDids: [alice.assertDid] }
  events.webSocket.send(JSON.stringify({ type: 'options_update', payload }))
  const told = await take(events, 3)
  expect(told.map(({ kind }) => kind)).toEqual(['identity', 'account', 'commit'])
  events.close()
  // One that leaves without it leaves nothing behind that would keep the server from stopping.
  const silent = await subscribe('requireHello=true')
  silent.close()
})

it.each([
  ['no JSON', '{', /^the message is not JSON$/],
  ['no DID', { wantedDids: ['alice.test'] }, /^wantedDids: not valid: "alice.test"$/],
  ['what no close frame has room for', { wantedCollections: ['ß'.repeat(500)] }, /^wantedCollections: not valid: "ß+/],
])('ends and says why when it is told %s', async (_, payload, reason) => {
  const events = await subscribe('requireHello=true')
  const text = typeof payload === 'string' ? payload : JSON.stringify({ type: 'options_update', payload })
  events.webSocket.send(text)
  expect(await events.closed).toBe(1008)
  expect(await events.reason).toMatch(reason)
})

it.each([
  ['cursor=now', /^400 .*cursor is not a time/],
  ['cursor=-1', /^400 .*cursor is not a time/],
  ['cursor=1&cursor=2', /^400 .*cursor is not a time/],
  ['wantedCollections=ß', /^400 .*wantedCollections: not valid: \\"ß\\""}$/],
  ['wantedDids=alice.test', /^400 .*wantedDids: not valid/],
  ['compress=true', /^400 .*does not compress/],
])('refuses %s before the handshake', async (query, answer) => {
  expect(await refusal(query)).toMatch(answer)
})

it('refuses compression asked for by a header, and those who come without a WebSocket', async () => {
  expect(await refusal('', { 'socket-encoding': 'zstd' })).toMatch(/^400 .*does not compress/)
  const response = await fetch(`${server.url}/subscribe`)
  expect(response.status).toBe(426)
  expect(response.headers.get('upgrade')).toBe('websocket')
})

it('tells an import as records that are created, in its own scope', async () => {
  const alice = await server.signUp('alice')
  await ask(server.url, 'com.atproto.repo.importRepo', carOf(alice.assertDid, 1, 900), alice.session!.accessJwt)
  const { data: head } = await alice.com.atproto.sync.getLatestCommit({ did: alice.assertDid })
  await archive(10)
  const told = await history()
  const commits = told.slice(2)
  expect(commits).toHaveLength(900)
  for (const { did, commit } of commits)
    expect({ did, ...commit }).toMatchObject({
      did: alice.assertDid,
      operation: 'create',
      collection: NOTE,
      rev: head.rev,
    })
  const listed = await alice.com.atproto.repo.listRecords({
    repo: alice.assertDid,
    collection: NOTE,
    limit: 100,
    reverse: true,
  })
  expect(commits.slice(0, 100).map(({ commit }) => [commit!.rkey, commit!.cid, commit!.record])).toEqual(
    listed.data.records.map(({ uri, cid, value }) => [uri.split('/').pop(), cid, value]),
  )
})

it('carries archived repositories where all are to be told', async () => {
  await stopTestServer(server)
  server = await startTestServer({ PDS_FIREHOSE_SCOPE: 'all' })
  await archive(10)
  expect(await history()).toMatchObject(Array.from({ length: 10 }, () => ({ did: ELSEWHERE, kind: 'commit' })))
})

it('leaves out what compaction has dropped, and leaves the rest as it was', async () => {
  const alice = await server.signUp('alice')
  const { uri } = await alice.post({ text: 'one' })
  const [collection, rkey] = uri.split('/').slice(-2) as [string, string]
  const record = { $type: collection, text: 'two', createdAt: new Date().toISOString() }
  await alice.com.atproto.repo.putRecord({ repo: alice.assertDid, collection, rkey, record })
  const before = await history()
  await execute(new CompactLog('9999'))
  const after = await history()
  expect(texts(after)).toEqual([undefined, undefined, 'two', undefined, undefined])
  expect(after.slice(0, 3)).toEqual(before.filter(({ commit }) => commit?.record?.text !== 'one'))
})

it('lets go of a subscriber who does not read', async () => {
  await stopTestServer(server)
  server = await startTestServer({ PDS_MAX_SUBSCRIPTION_BUFFER: '1' })
  const alice = await server.signUp('alice')
  const events = await subscribe()
  events.webSocket.pause()
  const text = 'x'.repeat(900_000)
  for (let i = 0; i < 30; i++)
    await alice.com.atproto.repo.createRecord({
      repo: alice.assertDid,
      collection: NOTE,
      record: { $type: NOTE, text },
    })
  events.webSocket.resume()
  expect(await events.closed).toBe(1008)
  expect(await events.reason).toMatch(/^ConsumerTooSlow/)
})
