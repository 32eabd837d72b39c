import { ATPROTO_ADAPTERS } from '../../../src/modules/api-2022/adapters-atproto.js'
import { BSKY_ADAPTERS } from '../../../src/modules/api-2022/adapters-bsky.js'
import { COMPOSITES } from '../../../src/modules/api-2022/composites.js'
import { served2022 } from '../../../src/modules/api-2022/serve-2022.js'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'
import { servedMethods } from '../../../src/modules/xrpc/xrpc.js'
import { call } from '../../e2e/call.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

const TODAY = new Map<string, readonly string[]>(
  [...ATPROTO_ADAPTERS, ...BSKY_ADAPTERS, ...COMPOSITES].map(({ nsid, today }) => [nsid, [today].flat()]),
)

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => stopTestServer(server))

it('has methods of today behind every name', () => {
  for (const today of [...TODAY.values()].flat()) expect(servedMethods()).toContain(today)
})

it('serves every name once, and none of today', () => {
  expect(served2022()).toEqual([...TODAY.keys()].sort())
  expect(served2022().filter((nsid) => new Lexicons().method(nsid))).toEqual([])
})

it('has the names of app.bsky', () => {
  const names = served2022().flatMap((nsid) => /^app\.bsky\.(.*)/.exec(nsid)?.[1] ?? [])
  expect(names).toEqual([
    'getAuthorFeed',
    'getBadgeMembers',
    'getHomeFeed',
    'getLikedBy',
    'getNotificationCount',
    'getNotifications',
    'getPostThread',
    'getProfile',
    'getRepostedBy',
    'getUserFollowers',
    'getUserFollows',
    'getUsersSearch',
    'getUsersTypeahead',
    'postNotificationsSeen',
    'updateProfile',
  ])
})

it.each(served2022())('answers %s by its own verb only', async (nsid) => {
  const isProcedure = TODAY.get(nsid)!.some((today) => new Lexicons().method(today)!.type === 'procedure')
  const verb = isProcedure ? 'POST' : 'GET'
  const wrong = await call(server, nsid, { method: verb === 'GET' ? 'POST' : 'GET' })
  expect(wrong.status).toBe(400)
  expect(wrong.json.message).toMatch(/^Incorrect HTTP method .* expected (GET|POST)$/)
  const right = await call(server, nsid, { method: verb })
  expect(right.json.message ?? '').not.toMatch(/Incorrect HTTP method/)
  expect([404, 500, 501]).not.toContain(right.status)
  const preflight = await call(server, nsid, { method: 'OPTIONS' })
  expect({ status: preflight.status, origin: preflight.headers.get('access-control-allow-origin') }).toEqual({
    status: 204,
    origin: '*',
  })
})

it('answers HEAD as GET, without the body', async () => {
  const got = await call(server, 'com.atproto.getAccountsConfig')
  const head = await call(server, 'com.atproto.getAccountsConfig', { method: 'HEAD' })
  expect({ status: head.status, length: head.headers.get('content-length') }).toEqual({
    status: 200,
    length: String(got.bytes.length),
  })
})

it('answers an error of today in JSON, as of its own type', async () => {
  const { status, headers, json } = await call(server, 'app.bsky.getProfile', { params: { user: 'nobody.test' } })
  expect({ status, type: headers.get('content-type') }).toEqual({
    status: 400,
    type: 'application/json; charset=utf-8',
  })
  expect(Object.keys(json as object)).toEqual(['error', 'message'])
})
