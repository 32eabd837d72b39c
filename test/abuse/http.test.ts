/** 20 and 40. What can be done to a server by HTTP alone. */
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { INestApplication } from '@nestjs/common'
import Fastify from 'fastify'
import ts from 'typescript'
import { parseBodies } from '../../src/modules/xrpc/bodies.js'
import { call } from '../e2e/call.js'
import { sourceFiles } from '../support/source-files.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'

const DESCRIBE = 'com.atproto.server.describeServer'
const CREATE = 'com.atproto.repo.createRecord'
let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  await server.signUp('alice')
})
afterAll(() => stopTestServer(server))

/** What comes back for bytes as they are, until the other side hangs up or `ms` have passed. */
function exchange(text: string, { url } = server, ms = 60_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), 'localhost', () => socket.write(text))
    let answer = ''
    const timer = setTimeout(() => socket.destroy(), ms)
    socket.on('data', (piece) => (answer += piece.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answer)
    })
  })
}

describe('20. what a client says of where it is', () => {
  const lies = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'gopher',
    'x-forwarded-for': '6.6.6.6',
    'x-original-host': 'evil.example',
    forwarded: 'for=6.6.6.6;host=evil.example;proto=gopher',
  }
  const get = (path: string, headers: Record<string, string>): Promise<string> => {
    const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
    return exchange(`GET ${path} HTTP/1.1\r\n${lines.join('')}connection: close\r\n\r\n`)
  }

  it('stands in no document, description or answer', async () => {
    for (const path of ['/.well-known/did.json', `/xrpc/${DESCRIBE}`, '/xrpc/_health']) {
      const answer = await get(path, lies)
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
      expect(answer).not.toMatch(/evil\.example|gopher|6\.6\.6\.6/)
    }
  })

  it('changes nothing of whose document this is', async () => {
    for (const name of ['alice.test', 'nobody.test', 'pds.alice.test'])
      expect(await get('/.well-known/did.json', { 'x-forwarded-host': name })).toMatch(/"id":"did:web:localhost"/)
  })

  it('makes nobody the owner of a handle but the Host itself', async () => {
    const answer = await get('/.well-known/atproto-did', { host: 'bob.test', 'x-forwarded-host': 'alice.test' })
    expect(answer).toMatch(/^HTTP\/1\.1 404 /)
    expect(await get('/.well-known/atproto-did', { host: 'ALICE.test:2583', 'x-forwarded-host': 'bob.test' })).toMatch(
      /did:plc:/,
    )
    for (const host of ['', '..', 'a b', '@alice.test', 'alice.test/../x', '[::1'])
      expect(await get('/.well-known/atproto-did', { host })).toMatch(/^HTTP\/1\.1 4\d\d /)
  })

  it('is nowhere read in the code but for the address behind a trusted proxy', () => {
    const files = sourceFiles('src').filter(({ path }) => path !== 'src/modules/lexicon/types.ts')
    const found = files.filter(({ nodes }) =>
      nodes.some(({ node }) => /^['"]x-forwarded-/.test(node.getText()) && node.getChildCount() === 0),
    )
    // The doctor looks at what a request of its own came with, to tell whether the proxy says who asks.
    const doctor = ['src/modules/doctor/checks/proxy.ts', 'src/modules/doctor/doctor.controller.ts']
    expect(found.map(({ path }) => path)).toEqual([...doctor, 'src/modules/firehose/stream-server.ts'])
  })
})

describe('40. requests that never end', () => {
  it('hundreds of half heads and half bodies hold nobody up', async () => {
    const port = Number(new URL(server.url).port)
    const sockets: Socket[] = []
    for (let i = 0; i < 400; i++) {
      const socket = connect(port, 'localhost').on('error', () => undefined)
      const head = `POST /xrpc/${CREATE} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000`
      socket.write(i % 2 === 0 ? head : `${head}\r\n\r\n{"repo":`)
      sockets.push(socket)
    }
    await Promise.all(
      sockets.map(
        (socket) => new Promise((resolve) => (socket.connecting ? socket.once('connect', resolve) : resolve(0))),
      ),
    )
    for (let i = 0; i < 20; i++) expect((await call(server, DESCRIBE)).status).toBe(200)
    for (const socket of sockets) socket.destroy()
  })

  it('have a time to end in: 20 seconds for the head, 30 minutes for all of it', () => {
    const http = (server.app as INestApplication).getHttpServer() as { headersTimeout: number; requestTimeout: number }
    expect([http.headersTimeout, http.requestTimeout]).toEqual([20_000, 30 * 60_000])
  })

  it('JSON that drips is given up', async () => {
    const fastify = Fastify()
    parseBodies(fastify, 200)
    fastify.post('/', ({ body }) => ({ body }))
    const url = await fastify.listen({ port: 0, host: 'localhost' })
    const head = 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n'
    expect(await exchange(`${head}content-length: 1000\r\n\r\n{`, { url } as TestServer, 5_000)).toMatch(
      /^HTTP\/1\.1 408 /,
    )
    expect(await exchange(`${head}content-length: 2\r\nconnection: close\r\n\r\n{}`, { url } as TestServer)).toMatch(
      /\{"body":\{\}\}/,
    )
    await fastify.close()
  })

  it('JSON that is cut off leaves nothing behind', async () => {
    const port = Number(new URL(server.url).port)
    for (let i = 0; i < 20; i++)
      await new Promise<void>((resolve) => {
        const socket = connect(port, 'localhost')
        const head = `POST /xrpc/${CREATE} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`
        socket.write(head, () => setImmediate(() => socket.destroy()))
        socket.on('close', () => resolve())
      })
    expect((await call(server, DESCRIBE)).status).toBe(200)
  })
})

describe('40. bodies before it is known who sends them', () => {
  it('of more than 4 MiB of JSON are refused, announced or not', async () => {
    const headers = { 'content-type': 'application/json' }
    const large = Buffer.alloc(5 * 1024 * 1024, 32)
    expect((await call(server, CREATE, { body: large, headers })).status).toBe(413)
    const pieces = new ReadableStream({
      start: (controller) => {
        for (let i = 0; i < 5; i++) controller.enqueue(large.subarray(0, 1024 * 1024))
        controller.close()
      },
    })
    const request = { method: 'POST', body: pieces, headers, duplex: 'half' } as RequestInit
    const answer = await fetch(`${server.url}/xrpc/${CREATE}`, request)
    expect(answer.status).toBe(413)
  })

  it('of any other kind are not read at all', async () => {
    const head =
      'POST /xrpc/com.atproto.repo.importRepo HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/vnd.ipld.car\r\n'
    expect(await exchange(`${head}content-length: 1000000000\r\n\r\n`, server, 1_000)).toMatch(/^HTTP\/1\.1 401 /)
  })

  it.each(['gzip', 'deflate', 'br', 'x-gzip, gzip', 'GZIP'])(
    'encoded as %s are refused, whatever they would unfold to',
    async (encoding) => {
      const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024, 32))
      for (const [nsid, type] of [
        [CREATE, 'application/json'],
        ['com.atproto.repo.importRepo', 'application/vnd.ipld.car'],
      ] as const) {
        const headers = { 'content-encoding': encoding, 'content-type': type }
        const { status, json, headers: told } = await call(server, nsid, { body: bomb, headers })
        expect([status, json.error, told.get('accept-encoding')]).toEqual([415, 'UnsupportedMediaType', 'identity'])
      }
    },
  )
})

describe('40. headers', () => {
  it('that are too many or too long are refused, and the next request is answered', async () => {
    const long = `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`
    expect(await exchange(long)).toMatch(/^HTTP\/1\.1 431 /)
    expect((await call(server, DESCRIBE)).status).toBe(200)
  })

  it('of an answer cannot be written by a client', async () => {
    const answers = await Promise.all([
      exchange(
        `OPTIONS / HTTP/1.1\r\nhost: localhost\r\naccess-control-request-headers: a\rx-evil: 1\r\nconnection: close\r\n\r\n`,
      ),
      exchange(`GET /xrpc/a.b.c%0d%0ax-evil:%201 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`),
      exchange(`GET /%0d%0ax-evil:%201 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`),
      exchange(
        `GET /img/avatar%0d%0ax-evil:%201/plain/did:plc:a/b@jpeg HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
      ),
    ])
    for (const answer of answers) expect(answer.split('\r\n\r\n')[0]).not.toMatch(/^x-evil/im)
  })

  it('of requests within requests are refused', async () => {
    const smuggled = `POST /xrpc/${CREATE} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /xrpc/_health HTTP/1.1\r\nhost: localhost\r\n\r\n`
    const answer = await exchange(smuggled)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })

  it('never lead a browser elsewhere: nothing here redirects', () => {
    const redirecting = sourceFiles('src').filter(({ nodes }) =>
      // `reply.redirect(…)`, and the decorator.
      nodes.some(({ node }) => ts.isCallExpression(node) && /(^|\.)[rR]edirect$/.test(node.expression.getText())),
    )
    expect(redirecting.map(({ path }) => path)).toEqual([])
  })
})
