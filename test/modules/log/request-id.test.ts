import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

let server: TestServer | undefined
const folder = mkdtempSync(join(tmpdir(), 'skylog-log-'))
const LOG_DESTINATION = join(folder, 'log')
afterEach(async () => {
  if (server) await stopTestServer(server)
  server = undefined
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function idOf(headers: Record<string, string> = {}): Promise<string | null> {
  const response = await fetch(`${server!.url}/xrpc/com.atproto.server.describeServer`, { headers })
  return response.headers.get('x-request-id')
}

it('every answer has an id of its own; one that a trusted proxy says is kept if it is sane', async () => {
  server = await startTestServer()
  const ids = [await idOf(), await idOf()]
  expect(new Set(ids).size).toBe(2)
  expect(await idOf({ 'x-request-id': 'proxy-7f3a:1' })).toBe('proxy-7f3a:1')
  for (const odd of ['', 'a b', 'a"b', 'x'.repeat(65), 'é'])
    expect(await idOf({ 'x-request-id': odd })).toMatch(/^[\w-]{8}-\w+$/)
})

it('nobody else names requests', async () => {
  server = await startTestServer({ PDS_TRUSTED_PROXIES: '192.0.2.1' })
  expect(await idOf({ 'x-request-id': 'mine', 'x-forwarded-for': '192.0.2.1' })).toMatch(/^[\w-]{8}-\w+$/)
})

it('a line that is written while a request is answered has its id, beside what comes of it', async () => {
  server = await startTestServer({ LOG_DESTINATION, LOG_LEVEL: 'info', LOG_REQUESTS: 'true' })
  const alice = await server.signUp('alice')
  const posts = await Promise.all(
    ['a', 'b', 'c', 'd'].map((text) => alice.app.bsky.feed.post.create({ repo: alice.assertDid }, record(text))),
  )
  expect(posts).toHaveLength(4)
  const response = await fetch(`${server.url}/xrpc/com.example.unknown?token=abc`)
  await response.text()
  await server.close()
  const lines = readFileSync(LOG_DESTINATION, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const created = lines.filter(({ method }) => method === 'com.atproto.repo.createRecord')
  expect(created).toHaveLength(4)
  for (const line of created)
    expect(line).toMatchObject({ verb: 'POST', status: '200', did: alice.assertDid, name: 'Request', level: 'info' })
  expect(new Set(created.map(({ requestId }) => requestId)).size).toBe(4)
  expect(created[0]!.ms).toBeGreaterThan(0)
  expect(created[0]!.bytes).toBeGreaterThan(200)
  const other = lines.find(({ requestId }) => requestId === response.headers.get('x-request-id'))
  expect(other).toMatchObject({ method: 'other', status: '501' })
})

function record(text: string): { text: string; createdAt: string } {
  return { text, createdAt: new Date().toISOString() }
}
