/** Subscribers as they come: slow, stuck, many, rude, at the wrong door. What each may cost is bounded. */
import { once } from 'node:events'
import { type IncomingMessage, request, type Server } from 'node:http'
import { connect as connectSocket, type Socket } from 'node:net'
import { rmSync } from 'node:fs'
import { HttpAdapterHost } from '@nestjs/core'
import { WebSocket } from 'ws'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { StreamServer } from '../../../src/modules/firehose/stream-server.js'
import { SubscribeRepos } from '../../../src/modules/firehose/subscribe-repos.js'
import type { Subscriber } from '../../../src/modules/firehose/subscriber.js'
import { ask, NOTE, type Owner, signUp } from '../../durability/load.js'
import { buildServer, ChildServer, scratchDirectory } from '../../support/crash.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { subscribe } from './subscribe.js'
import { opened, seqOf } from './wire.js'

const FIREHOSE = '/xrpc/com.atproto.sync.subscribeRepos'

let server: TestServer
let alice: Owner

async function start(env: Record<string, string> = {}): Promise<void> {
  server = await startTestServer(env)
  alice = await signUp(server.url, 'alice')
}
afterEach(() => stopTestServer(server))

const log = (): CommitLog => server.app.get(CommitLog, { strict: false })
const streams = (): StreamServer => server.app.get(StreamServer, { strict: false })
const httpServer = (): Server =>
  server.app.get(HttpAdapterHost, { strict: false }).httpAdapter.getHttpServer() as Server
const write = (text: string): Promise<unknown> =>
  ask(
    server.url,
    'com.atproto.repo.createRecord',
    { repo: alice.did, collection: NOTE, record: { $type: NOTE, text } },
    alice.accessJwt,
  )
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
/** Waits until nobody is connected to a stream any more. */
async function deserted(): Promise<void> {
  while (streams().count > 0) await turn()
}
/** Bytes that wait to be taken, by subscriber. */
const waiting = (): number[] => {
  const { subscribers } = streams() as unknown as { subscribers: Map<Subscriber, unknown> }
  return [...subscribers.keys()].map((it) => (it as unknown as { socket: Socket }).socket.writableLength)
}

/** Asks for a WebSocket and gives the HTTP answer that comes instead. */
async function refused(path: string): Promise<{ status: number; body: { error: string } }> {
  const webSocket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`)
  const [, response] = (await once(webSocket, 'unexpected-response')) as [unknown, IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString()) as { error: string } }
}

describe('37. a slow consumer', () => {
  it('that does not read is told ConsumerTooSlow, and has cost one batch; whoever reads has everything', async () => {
    await start({ PDS_MAX_SUBSCRIPTION_BUFFER: '3' })
    const stuck = await subscribe(server)
    stuck.webSocket.pause()
    const reading = await subscribe(server)
    const big = 'x'.repeat(900_000)
    const sent: number[] = []
    for (let i = 0; i < 15; i++) {
      await write(`${i} ${big}`)
      sent.push(...(await reading.take(1)).map(seqOf))
      for (const bytes of waiting()) expect(bytes).toBeLessThan(1_000_000)
    }
    const last = await log().lastSeq()
    expect(sent).toEqual(Array.from({ length: 15 }, (_, i) => last - 14 + i))

    stuck.webSocket.resume()
    expect(await stuck.closed).toBe(1008)
    const error = stuck.messages.at(-1)!
    expect(opened(error)).toMatchObject({ type: 'error', body: { error: 'ConsumerTooSlow' } })
    // Up to there, nothing is missing.
    const before = stuck.messages.slice(0, -1).map(seqOf)
    expect(before).toEqual(sent.slice(0, before.length))
    expect(before.length).toBeLessThan(15)

    // It comes back with what it has, and is served from the log.
    const back = await subscribe(server, before.at(-1) ?? sent[0]! - 1)
    expect((await back.take(15 - before.length)).map(seqOf)).toEqual(sent.slice(before.length))
    back.close()
    reading.close()
    await deserted()
  })

  it('that is far behind and reads slowly is given the time that it takes', async () => {
    await start({ PDS_MAX_SUBSCRIPTION_BUFFER: '1' })
    for (let i = 0; i < 30; i++) await write(`${i}`)
    const events = await subscribe(server, 0)
    const seqs: number[] = []
    for (let i = 0; i < 20; i++) {
      events.webSocket.pause()
      await write(`meanwhile ${i}`)
      events.webSocket.resume()
      seqs.push(...(await events.take(1)).map(seqOf))
    }
    const rest = (await log().read(seqs.at(-1)!)).length
    seqs.push(...(await events.take(rest)).map(seqOf))
    expect(seqs).toEqual((await log().read(0)).map(({ seq }) => seq))
    events.close()
  })
})

describe('37. many at once', () => {
  it('300 are served and let go, from the beginning and live', async () => {
    await start()
    for (let i = 0; i < 10; i++) await write(`before ${i}`)
    const history = (await log().read(0)).map(({ seq }) => seq)
    const all = await Promise.all(Array.from({ length: 300 }, (_, i) => subscribe(server, i % 2 === 0 ? 0 : undefined)))
    expect(streams().count).toBe(300)
    await write('now')
    const now = await log().lastSeq()
    for (const [i, events] of all.entries()) {
      const due = i % 2 === 0 ? [...history, now] : [now]
      expect((await events.take(due.length)).map(seqOf)).toEqual(due)
    }
    for (const events of all) events.close()
    await deserted()
    const { window } = server.app.get(SubscribeRepos, { strict: false }) as unknown as { window: { tail: unknown } }
    expect(window.tail).toBeNull()
  })

  it('50 from one network, whichever of its IPv6 addresses they use', async () => {
    await start()
    let last = 0
    httpServer().on('connection', (socket) =>
      Object.defineProperty(socket, 'remoteAddress', { value: `2a00:1450:1:2::${(++last).toString(16)}` }),
    )
    const all = await Promise.all(Array.from({ length: 50 }, () => subscribe(server)))
    expect(await refused(FIREHOSE)).toMatchObject({ status: 429, body: { error: 'RateLimitExceeded' } })
    for (const events of all) events.close()
    await deserted()
  })

  it('50 from one address on the internet, and one more when one of them has left', async () => {
    await start()
    // Everybody who comes from now on comes from there.
    httpServer().on('connection', (socket) => Object.defineProperty(socket, 'remoteAddress', { value: '8.8.8.8' }))
    const all = await Promise.all(Array.from({ length: 50 }, () => subscribe(server)))
    expect(await refused(FIREHOSE)).toMatchObject({ status: 429, body: { error: 'RateLimitExceeded' } })
    all.pop()!.close()
    while (streams().count > 49) await turn()
    all.push(await subscribe(server))
    for (const events of all) events.close()
    await deserted()
  })
})

describe('37. a rude one', () => {
  it('that sends too large a message is told so and let go, and nobody else is', async () => {
    await start()
    const [rude, other] = [await subscribe(server), await subscribe(server)]
    rude.webSocket.send(Buffer.alloc(1024))
    rude.webSocket.send('small talk')
    await write('both hear this')
    expect((await rude.take(1)).map(seqOf)).toEqual((await other.take(1)).map(seqOf))
    rude.webSocket.send(Buffer.alloc(1025))
    expect(await rude.closed).toBe(1009)
    await write('one hears this')
    await other.take(1)
    expect(rude.messages).toEqual([])
    expect(streams().count).toBe(1)
    other.close()
  })

  it('that breaks the protocol, or hangs up in the middle of anything, costs nobody else anything', async () => {
    await start()
    const other = await subscribe(server)
    const handshake = `GET ${FIREHOSE}?cursor=0 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
    for (const more of [
      Buffer.of(0xff, 0xff, 0xff),
      Buffer.of(0x81, 0xfe),
      Buffer.alloc(0),
      Buffer.alloc(5_000, 0x89),
    ]) {
      const socket = connectSocket(Number(new URL(server.url).port))
      socket.write(handshake)
      socket.write(more)
      await once(socket, 'data')
      socket.resetAndDestroy()
    }
    for (const key of ['', 'Sec-WebSocket-Key: short\r\n']) {
      const socket = connectSocket(Number(new URL(server.url).port))
      socket.end(`GET ${FIREHOSE} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n`)
      const [answer] = (await once(socket, 'data')) as [Buffer]
      expect(answer.toString()).toMatch(/^HTTP\/1.1 400 /)
      socket.destroy()
    }
    while (streams().count > 1) await turn()
    await write('still here')
    await other.take(1)
    other.close()
    await deserted()
  })

  it('that says good-bye is answered, and sent nothing behind it', async () => {
    await start()
    const leaving = await subscribe(server)
    leaving.webSocket.close(1000)
    await write('gone')
    expect(await leaving.closed).toBe(1000)
    await deserted()
  })
})

describe('the door', () => {
  it('is at its path: for any other there is no stream, and the connection ends', async () => {
    await start()
    for (const path of ['/', '/xrpc/com.atproto.sync.getRepo', `${FIREHOSE}/x`, '//', '/xrpc/_health?x'])
      expect(await refused(path)).toMatchObject({ status: 404, body: { error: 'NotFound' } })
    // Also for one that would keep it open.
    const socket = connectSocket({ port: Number(new URL(server.url).port), allowHalfOpen: true })
    socket.write('GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.resume()
    await once(socket, 'end')
    const open = (): Promise<number> =>
      new Promise((resolve) => httpServer().getConnections((_, count) => resolve(count)))
    httpServer().closeIdleConnections()
    while ((await open()) > 0) await turn()
    socket.destroy()
  })

  it('is no page: a plain GET is told to come with a WebSocket', async () => {
    await start()
    const response = await fetch(`${server.url}${FIREHOSE}?cursor=0`)
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket'])
    expect(await response.json()).toMatchObject({ error: 'UpgradeRequired' })
  })

  it('is not for those who offer something else than a WebSocket: they are answered as if they had not', async () => {
    await start()
    const offer = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' }
    const asked = request(`${server.url}/xrpc/_health`, { headers: offer }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(200)
    response.resume()
  })
})

describe('when the server stops', () => {
  it('everybody is told to come back, those who read and those who wait; one who is stuck keeps nobody', async () => {
    await start()
    for (let i = 0; i < 8; i++) await write(`${i} ${'x'.repeat(900_000)}`)
    const live = await Promise.all(Array.from({ length: 5 }, () => subscribe(server)))
    const stuck = await subscribe(server, 0)
    stuck.webSocket.pause()
    while (!waiting().some((bytes) => bytes > 0)) await turn()
    await server.close()
    for (const { closed, messages } of live) {
      expect(await closed).toBe(1001)
      expect(messages).toEqual([])
    }
    stuck.close()
    server = await startTestServer({}, server.directory)
  })

  it('its process ends, with subscribers on the line and others at the door, and says nothing of errors', async () => {
    const build = await buildServer()
    const directory = scratchDirectory()
    const child = await ChildServer.start(build.main, directory)
    const owner = await signUp(child.url, 'alice')
    const events = await Promise.all(Array.from({ length: 20 }, (_, i) => subscribe(child, i % 2 ? 0 : undefined)))
    const body = { repo: owner.did, collection: NOTE, record: { $type: NOTE, text: 'x' } }
    const writing = (async () => {
      for (;;) await ask(child.url, 'com.atproto.repo.createRecord', body, owner.accessJwt)
    })()
    await events[0]!.take(3)
    await child.stop()
    await expect(writing).rejects.toThrow()
    for (const { closed } of events) expect(await closed).toBe(1001)
    expect(child.output).not.toMatch(/ERROR|WARN|Error/)
    build.remove()
    rmSync(directory, { recursive: true, force: true })
    await start()
  })
})
