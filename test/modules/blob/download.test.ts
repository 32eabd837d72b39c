import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Config } from '../../../src/modules/config/config.js'
import { download, type TimeLimits } from '../../../src/modules/blob/download.js'
import { FetchError, SafeFetch } from '../../../src/modules/identity/safe-fetch.js'
import { XrpcError } from '../../../src/modules/xrpc/xrpc-error.js'

const fetch = new SafeFetch(Config.fromEnv({}))
const PATIENT = { stallMs: 60_000, totalMs: 60_000 }
let server: Server
let respond: (response: ServerResponse) => void
let closed: Promise<void>

beforeAll(async () => {
  server = createServer((_, response) => {
    closed = new Promise((resolve) => response.on('close', resolve))
    respond(response)
  })
  await new Promise<void>((ready) => server.listen(0, 'localhost', ready))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function start(limits: Partial<TimeLimits> = {}, stop = new AbortController().signal): AsyncGenerator<Uint8Array> {
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  return download((signal) => fetch.open(url, { signal }), { ...PATIENT, ...limits }, stop)
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const chunk of chunks) pieces.push(chunk)
  return Buffer.concat(pieces).toString()
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write('.'), 10)
  response.on('close', () => clearInterval(timer))
}

it('gives all of an answer', async () => {
  respond = (response) => {
    response.write('hello ')
    setImmediate(() => response.end('world'))
  }
  expect(await all(start())).toBe('hello world')
})

it('cuts off who never begins, and who stops half-way', async () => {
  respond = () => undefined
  await expect(all(start({ stallMs: 50 }))).rejects.toThrow('nothing came for 50 ms')
  respond = (response) => response.write('half')
  await expect(all(start({ stallMs: 50 }))).rejects.toThrow('nothing came for 50 ms')
  await closed
})

it('cuts off a body that drips for ever', async () => {
  respond = drip
  await expect(all(start({ totalMs: 200 }))).rejects.toThrow('no full answer within 200 ms')
  await closed
})

it('tells a broken connection from the end', async () => {
  respond = (response) => {
    response.writeHead(200, { 'content-length': 10 })
    response.write('half', () => response.destroy())
  }
  await expect(all(start())).rejects.toThrow(FetchError)
  respond = (response) => response.write('half of what has no length', () => response.destroy())
  await expect(all(start())).rejects.toThrow(FetchError)
})

it('lets go of the connection when it is told to, and when nobody reads on', async () => {
  respond = drip
  const stop = new AbortController()
  const stopped = start({}, stop.signal)
  await stopped.next()
  stop.abort()
  await expect(all(stopped)).rejects.toThrow(FetchError)
  await closed
  const left = start()
  await left.next()
  await left.return(undefined)
  await closed
  await expect(all(start({}, stop.signal))).rejects.toThrow(FetchError)
})

it('leaves the words of who opens it as they are', async () => {
  const error = new XrpcError(400, 'BlobNotFound')
  await expect(all(download(() => Promise.reject(error), PATIENT, new AbortController().signal))).rejects.toBe(error)
})
