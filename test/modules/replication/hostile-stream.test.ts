/** A followed host whose stream is not what a stream should be. Whatever it sends, the server goes on, and takes honest events. */
import { randomBytes } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { accountFrame } from '../../../src/modules/commit-log/frame.js'
import { Database } from '../../../src/modules/database/database.js'
import { Patience } from '../../../src/modules/replication/patience.js'
import { Peers } from '../../../src/modules/replication/peers.js'
import { Pulls } from '../../../src/modules/replication/pulls.js'
import { encodeBase32, encodeCbor } from '../../../src/repo-engine/index.js'
import { startTestServer, stopTestServer } from '../../support/server.js'
import { eventOf, type ForeignAccount, post } from './foreign-account.js'
import { frameOf, HostileHost } from './hostile-host.js'
import { addPeer, expectMirrored, partOf, peerOf, stateOf, until } from './mirroring.js'
import { Tampering } from './tampering.js'

const rawOf = (socket: WebSocket): Socket => (socket as unknown as { _socket: Socket })._socket
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('37. frames', () => {
  let to: Tampering
  let account: ForeignAccount
  let before: string
  beforeAll(async () => {
    to = await Tampering.start()
    account = await to.newAccount()
  })
  beforeEach(async () => {
    before = await stateOf(to.server)
  })
  afterEach(() => to.expectFollowed(account))
  afterAll(() => to.stop())

  const commit = encodeCbor({ op: 1, t: '#commit' })
  const body = (more: object): Buffer =>
    encodeCbor({ seq: to.host.seq + 1, repo: account.did, rev: account.nextRev(), since: null, ops: [], ...more })
  const garbage: [string, () => Buffer][] = [
    ['nothing', () => Buffer.alloc(0)],
    ['noise', () => Buffer.alloc(1_000, 0xff)],
    ['zeros', () => Buffer.alloc(1_000)],
    ['a header and no body', () => commit],
    ['a list for a header', () => Buffer.concat([encodeCbor([]), encodeCbor({})])],
    ['a list for a body', () => Buffer.concat([commit, encodeCbor([])])],
    ['something behind the body', () => Buffer.concat([commit, body({ blocks: Buffer.alloc(0) }), Buffer.of(0)])],
    ['no number', () => frameOf({ op: 1, t: '#commit' }, { repo: account.did })],
    ['a number that is text', () => Buffer.concat([commit, body({ seq: '1' })])],
    ['a negative number', () => Buffer.concat([commit, body({ seq: -1 })])],
    ['a number beyond all', () => Buffer.concat([commit, hex('a1 63736571 1bffffffffffffffff')])],
    ['a DID that is none', () => Buffer.concat([commit, body({ repo: 'alice', blocks: Buffer.alloc(0) })])],
    ['a rev that is none', () => Buffer.concat([commit, body({ rev: 'now', blocks: Buffer.alloc(0) })])],
    ['no blocks', () => Buffer.concat([commit, body({})])],
    ['operations that are no list', () => Buffer.concat([commit, body({ ops: {}, blocks: Buffer.alloc(0) })])],
    ['operations that are none', () => Buffer.concat([commit, body({ ops: [1], blocks: Buffer.alloc(0) })])],
    ['an account event without a status', () => frameOf({ op: 1, t: '#account' }, { seq: 1, did: account.did })],
    ['a float', () => Buffer.concat([commit, hex('fb3ff8000000000000')])],
    ['lists 100,000 deep', () => Buffer.concat([commit, Buffer.alloc(100_000, 0x81)])],
    ['a list of impossible length', () => Buffer.concat([commit, hex('9b ffffffffffffffff')])],
    ['two million items', () => Buffer.concat([commit, hex('9a 001e8480'), Buffer.alloc(2_000_000)])],
    ['__proto__', () => Buffer.concat([commit, hex('a1 695f5f70726f746f5f5f a0')])],
  ]
  it.each(garbage)('%s', async (_, frame) => {
    to.host.send(frame())
    to.host.mumble()
    await to.caughtUp()
    expect(await stateOf(to.server)).toBe(before)
    expect((await peerOf(to.server, to.host.url)).lastError).toContain('a frame that cannot be read')
  })

  it.each<[string, Buffer]>([
    ['types that nobody knows', frameOf({ op: 1, t: '#tombstone' }, { did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })],
    ['no type', frameOf({ op: 1 }, {})],
    ['an operation that nobody knows', frameOf({ op: 7, t: 7 }, { seq: 'x' })],
    ['news of the stream that nobody knows', frameOf({ op: 1, t: '#info' }, { name: 'Hello', message: 'world' })],
  ])('%s are passed over', async (_, frame) => {
    to.host.send(frame)
    to.host.mumble()
    await to.caughtUp()
    expect(await stateOf(to.server)).toBe(before)
  })

  it('thousands of them', async () => {
    for (let n = 0; n < 5_000; n++) to.host.send(Buffer.of(n & 0xff))
    to.host.mumble()
    await to.caughtUp()
    expect(await stateOf(to.server)).toBe(before)
  })

  it('text is passed over', async () => {
    to.host.send('{"seq":1}')
    to.host.send('x'.repeat(4_000_000))
    to.host.mumble()
    await to.caughtUp()
    expect(await stateOf(to.server)).toBe(before)
  })

  it('a frame of more than 5 MB ends the connection', async () => {
    const [socket] = to.host.subscribers
    const closed = new Promise((resolve) => socket!.on('close', resolve))
    socket!.send(Buffer.alloc(5_000_001))
    expect(await closed).toBe(1009)
    expect(await stateOf(to.server)).toBe(before)
  })

  it('a frame that never ends, in pieces, ends the connection', async () => {
    const [socket] = to.host.subscribers
    const closed = new Promise((resolve) => socket!.on('close', resolve))
    const piece = Buffer.alloc(100_000)
    const more = (): void => socket!.send(piece, { fin: false }, (error) => error ?? more())
    more()
    expect(await closed).toBe(1009)
    expect(await stateOf(to.server)).toBe(before)
  })
})

describe('37. silence', () => {
  let to: Tampering
  let account: ForeignAccount
  beforeAll(async () => {
    to = await Tampering.start()
    account = await to.newAccount()
    Object.assign(partOf(to.server, Patience), { silenceMs: 1_000 })
    await to.reconnect()
  })
  afterAll(() => to.stop())

  it('of a host that answers when it is asked is nothing', async () => {
    const [socket] = to.host.subscribers
    // Who has not answered the first is not asked again.
    for (let n = 0; n < 2; n++) await new Promise((resolve) => socket!.once('ping', resolve))
    await to.expectFollowed(account)
    expect(to.host.subscribers).toEqual([socket])
  })

  it('of a host that does not even answer ends the connection', async () => {
    const { connections, subscribers } = to.host
    // What comes is not read any more, so nobody answers.
    rawOf(subscribers[0]!).pause()
    await until('it is connected to again', () => to.host.connections > connections)
    subscribers[0]!.terminate()
    await to.expectFollowed(account)
  })

  it('in the middle of a frame ends the connection, however it drips', async () => {
    const [socket] = to.host.subscribers
    const closed = new Promise((resolve) => rawOf(socket!).once('close', resolve))
    // A binary message of 4 MB.
    rawOf(socket!).write(hex('82 7f 00000000003d0900'))
    const drip = setInterval(() => rawOf(socket!).write(Buffer.of(0)), 10)
    await closed
    clearInterval(drip)
    await to.expectFollowed(account)
  })
})

describe('43. numbers', () => {
  let to: Tampering
  let account: ForeignAccount
  beforeEach(async () => {
    to = await Tampering.start()
    account = await to.newAccount()
  })
  afterEach(() => to.stop())

  it('that come again are known', async () => {
    const before = await stateOf(to.server)
    const { seq } = to.host
    to.host.emit(eventOf(account.draft({ [account.path()]: post('a lie') })), seq)
    to.host.mumble()
    await to.caughtUp()
    expect(await stateOf(to.server)).toBe(before)
    await to.expectFollowed(account)
  })

  it('that go back end the connection, and all is well when the host goes on from where it was', async () => {
    const before = await stateOf(to.server)
    to.host.emit(accountFrame(account.did, 'deleted'), to.host.seq - 1)
    await to.reconnected()
    expect(await stateOf(to.server)).toBe(before)
    await to.expectFollowed(account)
  })

  it('that nobody reaches end nothing: the host is asked again, and says that it is not so', async () => {
    to.host.send(frameOf({ op: 1, t: '#mumble' }, { seq: Number.MAX_SAFE_INTEGER }))
    to.host.emit(eventOf(account.post('told in vain')))
    await until('what is new is here', async () => (await stateOf(to.server)).includes(account.head.rev))
    await expectMirrored(to.server, account)
    await to.expectFollowed(account)
  })

  it('FutureCursor: a host that has lost its log is looked through, and followed from then on', async () => {
    to.host.forget()
    account.post('while nobody heard')
    to.host.hangUp()
    await until('it is looked through', async () => (await peerOf(to.server, to.host.url)).position === null)
    await until('what is new is here', async () => (await stateOf(to.server)).includes(account.head.rev))
    await expectMirrored(to.server, account)
    await to.expectFollowed(account)
  })

  it('a host that has lost its log and does not say so is looked through too', async () => {
    to.host.welcome = () => true
    to.host.forget()
    account.post('while nobody heard')
    await to.reconnect()
    to.host.mumble()
    await until('what is new is here', async () => (await stateOf(to.server)).includes(account.head.rev))
    await expectMirrored(to.server, account)
    await to.expectFollowed(account)
  })

  it('a host that always says FutureCursor is asked less and less often', async () => {
    to.host.welcome = (socket) => {
      socket.send(frameOf({ op: -1 }, { error: 'FutureCursor', message: 'never enough' }))
      return true
    }
    const before = await stateOf(to.server)
    to.host.hangUp()
    await until(
      'it is refused',
      async () => !!(await peerOf(to.server, to.host.url)).lastError?.includes('never enough'),
    )
    expect(await stateOf(to.server)).toBe(before)
    to.host.welcome = () => false
    await to.reconnect()
    await to.expectFollowed(account)
  })

  it('a host that says again and again that a cursor is too old is looked through once more, not as often', async () => {
    await until('it is looked through', () => to.host.asked.includes('listRepos'))
    const held: (() => void)[] = []
    to.host.replies.set('listRepos', (response) => void held.push(() => response.end('{"repos":[]}')))
    for (let n = 0; n < 100; n++) to.host.send(frameOf({ op: 1, t: '#info' }, { name: 'OutdatedCursor' }))
    to.host.mumble()
    await to.caughtUp()
    while (held.length > 0 || !(await peerOf(to.server, to.host.url)).scanned) {
      held.shift()?.()
      await new Promise(setImmediate)
    }
    expect(to.host.asked.filter((word) => word === 'listRepos').length).toBeLessThan(5)
    await to.expectFollowed(account)
  })

  it('what it says when it hangs up is one line, without what a terminal obeys', async () => {
    to.host.subscribers[0]!.close(4000, 'bye\n\u001b[2Jforged: line\u202e')
    await until('it is noted', async () => !!(await peerOf(to.server, to.host.url)).lastError?.includes('bye'))
    expect((await peerOf(to.server, to.host.url)).lastError).toBe('closed with 4000: bye [2Jforged: line ')
    await to.reconnected()
    await to.expectFollowed(account)
  })

  it('a stop is the end of it, also before it has begun and while much is waiting', async () => {
    for (let n = 0; n < 1_000; n++) to.host.mumble()
    await partOf(to.server, Pulls).beforeApplicationShutdown()
    await until('nobody listens any more', () => to.host.subscribers.length === 0)
  })
})

describe('37. a directory that does not answer', () => {
  it('does not keep a server from stopping, however many accounts it is to be asked for', async () => {
    let asked = 0
    let answer: ((response: ServerResponse) => void) | null = null
    const held: ServerResponse[] = []
    const directory = createServer((_, response) => {
      asked++
      if (answer) answer(response)
      else held.push(response)
    })
    await new Promise<void>((ready) => directory.listen(0, '127.0.0.1', ready))
    const host = await HostileHost.start()
    const { port } = directory.address() as AddressInfo
    const server = await startTestServer({ PDS_DID_PLC_URL: `http://127.0.0.1:${port}` })
    await addPeer(server, { who: host.url })
    await until('it is followed', () => host.streams > 0)
    for (let n = 0; n < 60; n++) host.emit(accountFrame(`did:plc:${encodeBase32(randomBytes(15))}`, null))
    await until('one is asked for', () => asked === 1)
    const stopped = stopTestServer(server)
    answer = (response) => response.writeHead(404).end()
    for (const response of held) answer(response)
    await stopped
    expect(asked).toBeLessThan(10)
    await host.close()
    directory.closeAllConnections()
    directory.close()
  })
})

describe('37. floods', () => {
  it('a host that says more than it may has to wait', async () => {
    const to = await Tampering.start({ maxRate: 2 })
    const padding = Buffer.alloc(1_000_000)
    const [socket] = to.host.subscribers
    for (let n = 1; n <= 80; n++) socket!.send(frameOf({ op: 1, t: '#mumble' }, { seq: n, padding }))
    await until('some of it is taken', async () => ((await peerOf(to.server, to.host.url)).position ?? 0) > 1)
    // What is on its way takes no more room here than a few frames do: the rest is the host's to keep.
    expect(socket!.bufferedAmount).toBeGreaterThan(40_000_000)
    expect((await fetch(`${to.server.url}/xrpc/_health`)).status).toBe(200)
    await to.stop()
  })
})

describe('21. addresses', () => {
  it('a stream that leads elsewhere is not followed there', async () => {
    const inside = await HostileHost.start()
    const to = await Tampering.start()
    to.host.upgrade = (socket) => {
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${inside.url}/xrpc/com.atproto.sync.subscribeRepos\r\n\r\n`)
      return true
    }
    to.host.hangUp()
    await until('it is refused', async () => !!(await peerOf(to.server, to.host.url)).lastError?.includes('302'))
    expect(inside.connections).toBe(0)
    to.host.upgrade = () => false
    await to.stop()
    await inside.close()
  })

  it.each(['https://127.0.0.1', 'https://localhost', 'http://127.0.0.1', 'https://[::1]'])(
    '%s is private, and not connected to but in development',
    async (origin) => {
      const inside = await HostileHost.start()
      const server = await startTestServer({ PDS_HOSTNAME: 'pds.example.com', PDS_DID_PLC_URL: inside.url })
      const url = `${origin}:${new URL(inside.url).port}`
      const quotas = { maxAccounts: null, maxBytes: null, maxRate: null }
      const peers = partOf(server, Peers)
      await partOf(server, Database).write((tx) =>
        peers.add(tx, { url, direction: 'pull', repos: 'all', dids: [], relay: false, ...quotas }),
      )
      await until('it is refused', async () => (await peerOf(server, url)).lastError !== null)
      expect((await peerOf(server, url)).lastError).toMatch(/not a public address|without https/)
      expect(inside.connections).toBe(0)
      await stopTestServer(server)
      await inside.close()
    },
  )
})
