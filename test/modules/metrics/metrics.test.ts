import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { parseExposition, type Scrape } from './exposition.js'

const TOKEN = 'a token of the scraper'.replaceAll(' ', '-')
const PASSWORD = 'the-operator-himself'
const admin = { authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ METRICS_TOKEN: TOKEN, PDS_ADMIN_PASSWORD: PASSWORD })
})
afterAll(() => stopTestServer(server))

async function scrape(): Promise<Scrape> {
  const response = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return parseExposition(await response.text())
}

it('is for the operator, and for who shows the token', async () => {
  const statusOf = async (path: string, headers: Record<string, string>): Promise<number> =>
    (await fetch(`${server.url}${path}`, { headers })).status
  expect(await statusOf('/metrics', {})).toBe(401)
  expect(await statusOf('/metrics', { authorization: 'Bearer wrong' })).toBe(401)
  expect(await statusOf('/metrics', { authorization: `Basic ${TOKEN}` })).toBe(401)
  expect(await statusOf('/metrics', admin)).toBe(200)
  expect(await statusOf('/admin/figures', { authorization: `Bearer ${TOKEN}` })).toBe(401)
  expect(await statusOf('/admin/figures', admin)).toBe(200)
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
  expect(after.value('skylog_projection_lag_events', { projection: 'inline' })).toBe(0)
  expect(after.value('skylog_projection_position', { projection: 'inline' })).toBe(after.value('skylog_log_head_seq'))
})
