/** One subscriber, by itself: how long it may take, and how it is let go. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { jest } from '@jest/globals'
import { WebSocket, WebSocketServer } from 'ws'
import { CLOSE, Stalled, Subscriber } from '../../../src/modules/firehose/subscriber.js'
import { framed } from '../../../src/modules/firehose/web-socket-frame.js'
import { connect, type Subscription } from './subscribe.js'

let http: Server
/** The server's end of the line. */
let line: WebSocket
let subscriber: Subscriber
let client: Subscription

beforeEach(async () => {
  const upgrades = new WebSocketServer({ noServer: true })
  http = createServer().on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
    upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      line = webSocket
      subscriber = new Subscriber(webSocket, socket, '127.0.0.1')
    }),
  )
  await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready))
  client = await connect(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`)
  jest.useFakeTimers({
    doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'setInterval', 'Date', 'performance'],
  })
})
afterEach(async () => {
  jest.useRealTimers()
  client.close()
  await new Promise((closed) => http.close(closed))
})

const turns = async (count = 50): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
/** More than any network takes. */
const large = framed('binary', Buffer.alloc(30_000_000))
const small = framed('binary', Buffer.from('hello'))

it('messages of every length arrive whole, and one after another', async () => {
  const lengths = [0, 1, 125, 126, 65_535, 65_536, 1_000_000]
  for (const length of lengths) await subscriber.send(framed('binary', Buffer.alloc(length, length % 251)))
  const messages = await client.take(lengths.length)
  for (const [i, length] of lengths.entries())
    expect(messages[i]!.equals(Buffer.alloc(length, length % 251))).toBe(true)
})

it('one that takes nothing for 30 seconds has stalled; told good-bye, it is cut off 3 seconds later', async () => {
  client.webSocket.pause()
  let stalled: unknown = null
  const sending = subscriber.send(large).catch((error: unknown) => (stalled = error))
  await turns()
  jest.advanceTimersByTime(29_999)
  await turns()
  expect(stalled).toBeNull()
  jest.advanceTimersByTime(1)
  await sending
  expect(stalled).toBeInstanceOf(Stalled)
  let isClosed = false
  void subscriber.closed.then(() => (isClosed = true))
  subscriber.end(CLOSE.policy, 'ConsumerTooSlow')
  expect(subscriber.signal.aborted).toBe(true)
  jest.advanceTimersByTime(2_999)
  await turns()
  expect(isClosed).toBe(false)
  jest.advanceTimersByTime(1)
  await subscriber.closed
  expect(jest.getTimerCount()).toBe(0)
})

it('one that takes what it was sent may be sent more, however late it comes', async () => {
  client.webSocket.pause()
  const sending = subscriber.send(large)
  await turns()
  jest.advanceTimersByTime(29_000)
  client.webSocket.resume()
  await sending
  await subscriber.send(small)
  expect((await client.take(2))[1]!.toString()).toBe('hello')
  expect(subscriber.signal.aborted).toBe(false)
  expect(jest.getTimerCount()).toBe(0)
})

it('the last word comes behind all that was sent before, and nothing behind it', async () => {
  for (let i = 0; i < 3; i++) await subscriber.send(small)
  subscriber.end(CLOSE.policy, 'no more', Buffer.from('last'))
  await subscriber.send(small)
  subscriber.end(CLOSE.internal, 'again', Buffer.from('again'))
  expect(await client.closed).toBe(1008)
  expect(client.messages.map(String)).toEqual(['hello', 'hello', 'hello', 'last'])
  await subscriber.closed
})

it('whoever waits to send more to one that hangs up waits no longer', async () => {
  client.webSocket.pause()
  const sending = subscriber.send(large)
  await turns()
  client.close()
  await sending
  await subscriber.closed
  expect(subscriber.signal.aborted).toBe(true)
  await subscriber.send(small)
  expect(jest.getTimerCount()).toBe(0)
})

it('one that does not answer between two pings is gone', async () => {
  for (let i = 0; i < 3; i++) {
    const pong = once(line, 'pong')
    subscriber.ping()
    await pong
  }
  expect(client.webSocket.readyState).toBe(WebSocket.OPEN)
  client.webSocket.pause()
  subscriber.ping()
  await turns()
  expect(subscriber.signal.aborted).toBe(false)
  subscriber.ping()
  await subscriber.closed
})
