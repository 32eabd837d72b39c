import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Database } from '../../../src/modules/database/database.js'
import { currentScope } from '../../../src/modules/log/scope.js'
import { beginRequest, setTracing, traced, traceHeaders } from '../../../src/modules/tracing/spans.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { OtlpReceiver } from './otlp-receiver.js'
import { eventually } from '../../support/eventually.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const traceparent = `00-${TRACE}-${PARENT}-01`
const PASSWORD = 'alice-password'

let receiver: OtlpReceiver
let server: TestServer
/** A server elsewhere that calls are passed on to, and the headers of the last. */
let elsewhere: Server
let asked: IncomingHttpHeaders

beforeAll(async () => {
  receiver = await OtlpReceiver.start()
  elsewhere = createServer((request, response) => {
    asked = request.headers
    response.setHeader('content-type', 'application/json').end('{}')
  })
  elsewhere.listen(0, '127.0.0.1')
  await once(elsewhere, 'listening')
  server = await start()
})
afterAll(async () => {
  await stopTestServer(server)
  await receiver.close()
  elsewhere.closeAllConnections()
  elsewhere.close()
})

function start(more: Record<string, string> = {}): Promise<TestServer> {
  return startTestServer({
    OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=maintainers,authorization=Bearer%20collector',
    OTEL_SERVICE_NAME: 'skylog-test',
    PDS_BSKY_APP_VIEW_URL: `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`,
    PDS_BSKY_APP_VIEW_DID: 'did:web:appview.example',
    ...more,
  })
}

/** Ends the server, which sends what it has, and starts another. */
async function collected(): Promise<void> {
  await server.close()
  server = await start()
}

it('a request, and what is done for it', async () => {
  const alice = await server.signUp('alice')
  const record = { text: 'traced', createdAt: new Date().toISOString() }
  const response = await fetch(`${server.url}/xrpc/com.atproto.repo.createRecord?hidden=secret-of-a-query`, {
    method: 'POST',
    headers: {
      traceparent,
      authorization: `Bearer ${alice.session!.accessJwt}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ repo: alice.assertDid, collection: 'app.bsky.feed.post', record }),
  })
  expect(response.status).toBe(200)
  await collected()

  expect(receiver.requests[0]).toMatchObject({
    path: '/v1/traces',
    headers: { 'x-tenant': 'maintainers', authorization: 'Bearer collector' },
  })
  expect(receiver.resource).toMatchObject({ 'service.name': 'skylog-test', 'service.version': '0.1.0' })
  const request = receiver.only('POST /xrpc/com.atproto.repo.createRecord')
  expect(request).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, kind: 2, status: 0 })
  expect(request.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/xrpc/com.atproto.repo.createRecord',
    'http.response.status_code': 200,
    'url.path': '/xrpc/com.atproto.repo.createRecord',
    'skylog.did': alice.assertDid,
    'skylog.request.id': response.headers.get('x-request-id'),
  })
  const parts = receiver.spans.filter(({ parentSpanId }) => parentSpanId === request.spanId)
  expect(parts.map(({ name }) => name).sort()).toEqual([
    'commit format',
    'commit queue',
    'commit transaction',
    'projections',
  ])
  for (const part of parts) {
    expect(part.traceId).toBe(TRACE)
    expect(part.start).toBeGreaterThanOrEqual(request.start)
    expect(part.end).toBeLessThanOrEqual(request.end)
  }
  expect(receiver.text).not.toContain('secret-of-a-query')
  expect(receiver.text).not.toContain(PASSWORD)
  expect(receiver.text).not.toContain(alice.session!.accessJwt)
})

it('a service that a call is passed on to is told what it is a part of', async () => {
  const response = await fetch(`${server.url}/xrpc/app.bsky.unspecced.getSomethingNew?q=secret-of-a-query`, {
    headers: { traceparent },
  })
  expect(response.status).toBe(200)
  const [version, traceId, spanId, flags] = String(asked.traceparent).split('-')
  expect([version, traceId, flags]).toEqual(['00', TRACE, '01'])
  await collected()
  const passed = receiver.spans.find((span) => span.spanId === spanId)!
  expect(passed).toMatchObject({ traceId: TRACE, name: 'GET', kind: 2 })
  const fetched = receiver.spans.find((span) => span.parentSpanId === spanId)!
  expect(fetched).toMatchObject({ name: 'GET', kind: 3 })
  expect(fetched.attributes).toMatchObject({ 'server.address': '127.0.0.1' })
})

it('work that is owed to the outside, and what it does there', async () => {
  await server.close()
  server = await start({ PDS_CRAWLERS: `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}` })
  const before = receiver.spans.length
  const told = once(elsewhere, 'request')
  await server.signUp('bob')
  await told
  const { read } = server.app.get(Database)
  await eventually(async () => (await read.get('SELECT 1 FROM outbox LIMIT 1')) === undefined)
  await collected()
  const spans = receiver.spans.slice(before)
  const work = spans.find(({ name }) => name === 'outbox request-crawl')!
  expect(work).toMatchObject({ kind: 1, status: 0, attributes: { 'skylog.outbox.attempts': 0 } })
  const parts = spans.filter(({ parentSpanId }) => parentSpanId === work.spanId)
  expect(parts.find(({ kind }) => kind === 3)).toMatchObject({ attributes: { 'server.address': '127.0.0.1' } })
  expect(parts.map(({ name }) => name)).toContain('commit transaction')
})

it('nobody but a trusted proxy says what a request is a part of', async () => {
  const before = receiver.spans.length
  await server.close()
  server = await start({ PDS_TRUSTED_PROXIES: 'none' })
  await fetch(`${server.url}/xrpc/com.atproto.server.describeServer`, { headers: { traceparent } })
  await collected()
  const spans = receiver.spans.slice(before).filter(({ name }) => name.endsWith('describeServer'))
  expect(spans).toHaveLength(1)
  expect(spans[0]).toMatchObject({ parentSpanId: '' })
  expect(spans[0]!.traceId).not.toBe(TRACE)
})

it('without a collector there are no spans', async () => {
  const before = setTracing(null)
  try {
    const request = { method: 'GET', route: '/x', path: '/x', requestId: 'r', traceparent }
    expect(beginRequest(request)).toBeNull()
    expect(traced({ name: 'work' }, () => currentScope())).toBeUndefined()
    expect(traceHeaders()).toEqual({})
  } finally {
    setTracing(before)
  }
  await expect(traced({ name: 'work' }, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
})
