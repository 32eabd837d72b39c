import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Figures } from '../../../src/modules/metrics/figures.js'
import { METRICS } from '../../../src/modules/metrics/metrics.js'
import { servedMethods } from '../../../src/modules/xrpc/xrpc.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { parseExposition, type Scrape } from './exposition.js'
import { eventually } from '../../support/eventually.js'

const TOKEN = 'a-token-of-the-scraper'
const PASSWORD = 'the-operator-himself'
const admin = { authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({
    METRICS_TOKEN: TOKEN,
    PDS_ADMIN_PASSWORD: PASSWORD,
    PDS_RATE_LIMITS_ENABLED: 'true',
    PDS_RATE_LIMIT_BYPASS_KEY: 'not-limited',
  })
})
afterAll(() => stopTestServer(server))

async function scrape(): Promise<Scrape> {
  const response = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return parseExposition(await response.text())
}

async function figures(): Promise<Figures> {
  return (await (await fetch(`${server.url}/admin/figures`, { headers: admin })).json()) as Figures
}

async function call(path: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(server.url + path, { ...init, headers: { 'x-ratelimit-bypass': 'not-limited' } })
  await response.arrayBuffer()
  return response.status
}

it('is for the operator, and for who shows the token', async () => {
  const statusOf = async (path: string, headers: Record<string, string>): Promise<number> =>
    (await fetch(`${server.url}${path}`, { headers })).status
  expect(await statusOf('/metrics', {})).toBe(401)
  expect(await statusOf('/metrics', { authorization: 'Bearer wrong' })).toBe(401)
  expect(await statusOf('/metrics', { authorization: `Basic ${TOKEN}` })).toBe(401)
  expect(await statusOf('/metrics', admin)).toBe(200)
  for (const path of ['/admin/figures', '/admin/settings']) {
    expect(await statusOf(path, { authorization: `Bearer ${TOKEN}` })).toBe(401)
    expect(await statusOf(path, admin)).toBe(200)
  }
})

it('counts what was done', async () => {
  const before = await scrape()
  const alice = await server.signUp('alice')
  await alice.post({ text: 'counted' })
  const after = await scrape()
  const grown = (name: string, labels: Record<string, string> = {}): number =>
    after.value(name, labels) - (before.find(name, labels) ?? 0)
  const method = 'com.atproto.repo.createRecord'
  expect(grown('skylog_requests_total', { method, status: '200' })).toBe(1)
  expect(grown('skylog_request_duration_seconds_count', { method })).toBe(1)
  expect(grown('skylog_request_bytes_total', { method })).toBeGreaterThan(200)
  expect(grown('skylog_response_bytes_total', { method })).toBeGreaterThan(200)
  expect(grown('skylog_log_events_total', { kind: 'commit' })).toBe(2)
  expect(grown('skylog_write_duration_seconds_count')).toBeGreaterThan(1)
  expect(grown('skylog_commit_group_size_count')).toBeGreaterThan(1)
  expect(after.value('skylog_projection_lag_events', { projection: 'inline' })).toBe(0)
  expect(after.value('skylog_projection_position', { projection: 'inline' })).toBe(after.value('skylog_log_head_seq'))
})

it('every metric is there, with its type, and buckets add up', async () => {
  const { types, samples, value } = await scrape()
  expect([...types]).toEqual(METRICS.map(({ name, type }) => [name, type]))
  for (const { name, labels } of samples.filter(({ labels }) => labels.le === '+Inf')) {
    const { le: _, ...others } = labels
    const own = samples.filter((sample) => sample.name === name && sample.labels.method === labels.method)
    expect(own.map((sample) => sample.value)).toEqual(own.map((sample) => sample.value).sort((a, b) => a - b))
    expect(own.at(-1)!.value).toBe(value(name.replace(/bucket$/, 'count'), others))
  }
  for (const [name, labels] of [
    ['skylog_ready', {}],
    ['skylog_build_info', { version: '0.1.0' }],
    ['skylog_disk_free_bytes', { disk: 'data' }],
    ['skylog_database_size_bytes', {}],
    ['skylog_database_wal_size_bytes', {}],
    ['process_resident_memory_bytes', {}],
    ['process_cpu_seconds_total', {}],
  ] as const)
    expect([name, value(name, labels)]).toEqual([name, expect.any(Number)])
  expect(value('skylog_database_wal_pending_bytes')).toBeLessThanOrEqual(value('skylog_database_wal_size_bytes'))
  expect(Math.abs(value('process_start_time_seconds') - (Date.now() / 1000 - process.uptime()))).toBeLessThan(5)
})

it('what clients make up is no label', async () => {
  const odd = ['a"b', 'x\\y', 'new%0aline', 'a'.repeat(500), 'com.example.a', '%7Bmethod%3D%22x%22%7D', '..%2f..%2fetc']
  for (const name of odd) await call(`/xrpc/${name}`)
  for (let i = 0; i < 200; i++) await call(`/xrpc/com.example.made.up${i}`, { method: i % 2 ? 'POST' : 'GET' })
  for (let i = 0; i < 50; i++) await call(`/nothing/here/${i}`)
  for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH']) await call('/xrpc/com.example.verb', { method })
  const { samples } = await scrape()
  const methods = new Set(samples.flatMap(({ labels }) => labels.method ?? []))
  const odder = [...methods].filter((method) => !servedMethods().includes(method) && !method.startsWith('/'))
  expect(odder.filter((method) => method !== '_health')).toEqual(['other'])
  expect([...methods].filter((method) => method.startsWith('/')).sort()).toEqual([
    '/admin/figures',
    '/admin/settings',
    '/metrics',
  ])
})

it('a request that is given up is counted as that', async () => {
  const before = (await scrape()).find('skylog_requests_in_flight')
  const stop = new AbortController()
  const upload = fetch(`${server.url}/xrpc/com.atproto.repo.importRepo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': '100' },
    body: new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{')) }),
    duplex: 'half',
    signal: stop.signal,
  } as RequestInit)
  upload.catch(() => undefined)
  await eventually(async () => (await scrape()).find('skylog_requests_in_flight') === before! + 1)
  stop.abort()
  await expect(upload).rejects.toThrow()
  const labels = { status: 'aborted' }
  await eventually(async () => {
    const { find } = await scrape()
    return (find('skylog_requests_total', labels) ?? 0) > 0 && find('skylog_requests_in_flight') === before
  })
})

it('subscribers, and how far each has come', async () => {
  const path = '/xrpc/com.atproto.sync.subscribeRepos'
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}?cursor=0`)
  await once(socket, 'message')
  for (;;) {
    const { streams, log } = await figures()
    const { subscribers, accepted, sent } = streams.find((stream) => stream.path === path)!
    if (subscribers[0]?.position !== log.head) continue
    expect(accepted).toBe(1)
    expect(subscribers).toEqual([
      { network: expect.any(String), connectedSeconds: expect.any(Number), position: log.head, lag: 0, sent },
    ])
    expect(sent).toBeGreaterThan(1_000)
    break
  }
  const { value } = await scrape()
  const stream = 'com.atproto.sync.subscribeRepos'
  expect(value('skylog_stream_subscribers', { stream })).toBe(1)
  expect(value('skylog_stream_lag_events', { stream })).toBe(0)
  const sent = value('skylog_stream_sent_bytes_total', { stream })
  socket.close()
  await once(socket, 'close')
  for (;;) {
    const after = await scrape()
    if (after.value('skylog_stream_subscribers', { stream }) > 0) continue
    expect(after.value('skylog_stream_sent_bytes_total', { stream })).toBe(sent)
    break
  }
})

it('what limits refuse', async () => {
  const body = JSON.stringify({ identifier: 'nobody.test', password: 'wrong' })
  const signIn = async (): Promise<number> =>
    (
      await fetch(`${server.url}/xrpc/com.atproto.server.createSession`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
    ).status
  const statuses = await Promise.all(Array.from({ length: 32 }, signIn))
  const refused = statuses.filter((status) => status === 429).length
  expect(refused).toBe(2)
  const { value } = await scrape()
  expect(value('skylog_rate_limit_refusals_total', { limit: 'createSession' })).toBe(refused)
})

it('the figures are plain data, and the settings hide what is secret', async () => {
  const all = await figures()
  expect(all).toMatchObject({ version: '0.1.0', unready: [], mail: { available: false, waiting: 0 }, peers: [] })
  expect(all.database.writer!.seconds.count).toBeGreaterThan(0)
  const { settings } = (await (await fetch(`${server.url}/admin/settings`, { headers: admin })).json()) as {
    settings: { name: string; value: unknown; source: string }[]
  }
  const of = (name: string): unknown => settings.find((setting) => setting.name === name)
  expect(of('METRICS_TOKEN')).toEqual({ name: 'METRICS_TOKEN', value: '(secret)', source: 'environment' })
  expect(of('PDS_JWT_SECRET')).toEqual({ name: 'PDS_JWT_SECRET', value: '(secret)', source: 'generated' })
  expect(of('PDS_PORT')).toEqual({ name: 'PDS_PORT', value: 0, source: 'environment' })
  expect(of('PDS_HOSTNAME')).toEqual({ name: 'PDS_HOSTNAME', value: 'localhost', source: 'default' })
  expect(of('PDS_EMAIL_SMTP_URL')).toEqual({ name: 'PDS_EMAIL_SMTP_URL', value: null, source: 'default' })
  expect(JSON.stringify(settings)).not.toContain(TOKEN)
  expect(JSON.stringify(settings)).not.toContain(PASSWORD)
})
