import { Sessions } from '../../../src/modules/auth/sessions.js'
import type { ListedSession, Shown } from '../../../src/modules/auth/sessions.js'
import { Database } from '../../../src/modules/database/database.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { type Answer, TestServer } from '../../support/account-app.js'

let server: TestServer
let alice: { did: string; accessJwt: string; refreshJwt: string }
beforeAll(async () => {
  server = await TestServer.start()
  alice = await server.createAccount('alice')
})
afterAll(() => server.close())

const list = async (auth: string) =>
  (await server.query('../account/sessions', { auth })).body.sessions as (ListedSession & { current: boolean })[]
const revoke = (auth: string, body: unknown): Promise<Answer> =>
  server.post('../account/sessions/revoke', { auth, body })
const getSession = (auth: string) => server.query('com.atproto.server.getSession', { auth })

/** As a client does it that says what it is. */
async function signIn(password: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/xrpc/com.atproto.server.createSession`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ identifier: 'alice.test', password }),
  })
  return (await response.json()) as { accessJwt: string; refreshJwt: string }
}

it('says of each session by what its owner knows it', async () => {
  const { body } = await server.post('com.atproto.server.createAppPassword', {
    auth: alice.accessJwt,
    body: { name: 'phone', privileged: true },
  })
  server.advance(1000)
  const phone = await signIn(body.password as string, { 'user-agent': 'Phone/1.0' })
  server.advance(1000)
  await server.post('com.atproto.server.refreshSession', { auth: phone.refreshJwt })
  const own = { appPassword: null, scope: 'com.atproto.access', refreshedAt: null, current: true }
  expect(await list(alice.accessJwt)).toEqual([
    {
      id: expect.any(String) as string,
      scope: 'com.atproto.appPassPrivileged',
      appPassword: 'phone',
      userAgent: 'Phone/1.0',
      address: '127.0.0.1',
      createdAt: expect.stringMatching(/Z$/) as string,
      refreshedAt: expect.stringMatching(/Z$/) as string,
      current: false,
    },
    expect.objectContaining(own),
  ])
})

it('keeps what a client says of itself short, and in one line', async () => {
  const { accessJwt } = await signIn('alice-password', { 'user-agent': `a\tb${'x'.repeat(10_000)}` })
  const userAgent = (await list(accessJwt)).find(({ current }) => current)!.userAgent!
  expect(userAgent).toHaveLength(256)
  expect(userAgent).toMatch(/^a bx+$/)
})

it('ends one of them, or all others, at once', async () => {
  const [one, two, three] = [
    await signIn('alice-password'),
    await signIn('alice-password'),
    await signIn('alice-password'),
  ]
  const { id } = (await list(one.accessJwt)).find(({ current }) => current)!
  expect(await revoke(two.accessJwt, { id })).toEqual({ status: 200, body: { revoked: 1 } })
  expect((await getSession(one.accessJwt)).body.error).toBe('ExpiredToken')
  expect(await revoke(two.accessJwt, { id })).toEqual({ status: 200, body: { revoked: 0 } })
  expect((await getSession(three.accessJwt)).status).toBe(200)

  const { status, body } = await revoke(two.accessJwt, { others: true })
  expect(status).toBe(200)
  expect(body.revoked).toBeGreaterThan(1)
  expect((await list(two.accessJwt)).map(({ current }) => current)).toEqual([true])
  for (const { accessJwt } of [alice, three]) expect((await getSession(accessJwt)).body.error).toBe('ExpiredToken')
  alice = { ...alice, ...two }
})

it("neither shows nor ends somebody else's", async () => {
  const bob = await server.createAccount('bob')
  const { id } = (await list(alice.accessJwt))[0]!
  expect((await list(bob.accessJwt)).map((session) => session.id)).not.toContain(id)
  expect((await revoke(bob.accessJwt, { id })).body).toEqual({ revoked: 0 })
  expect((await getSession(alice.accessJwt)).status).toBe(200)
})

it.each([undefined, {}, { id: 1 }, { id: null }, { id: 'x', others: true }, { others: false }, { others: 'yes' }, []])(
  'makes nothing of %j',
  async (body) => {
    const before = await list(alice.accessJwt)
    expect(await revoke(alice.accessJwt, body)).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
    expect(await list(alice.accessJwt)).toEqual(before)
  },
)

it('keeps a thousand of those begun with one password: the ones that were used last', async () => {
  const { did, accessJwt: auth, refreshJwt } = await server.createAccount('dan')
  const begin = (shown: Shown) => {
    const client = { userAgent: null, address: null }
    return server.get(Sessions).start({ did: did as Did, scope: 'com.atproto.access', shown, client })
  }
  server.advance(1000)
  const oldest = await begin(null)
  server.advance(1000)
  await server.post('com.atproto.server.refreshSession', { auth: refreshJwt })
  await Promise.all(Array.from({ length: 998 }, () => begin(null)))
  expect((await getSession(oldest.accessJwt)).status).toBe(200)
  server.advance(1000)

  // A program that signs in at every run does not end its owner's.
  const { body } = await server.post('com.atproto.server.createAppPassword', { auth, body: { name: 'bot' } })
  const identifier = 'dan.test'
  const { accessJwt: bot } = (await server.post('com.atproto.server.createSession', { body: { identifier, ...body } }))
    .body as { accessJwt: string }
  expect((await getSession(oldest.accessJwt)).status).toBe(200)

  const newest = await begin(null)
  expect((await getSession(oldest.accessJwt)).body.error).toBe('ExpiredToken')
  expect(await server.post('com.atproto.server.refreshSession', { auth: oldest.refreshJwt })).toMatchObject({
    body: { error: 'ExpiredToken' },
  })
  for (const token of [auth, bot, newest.accessJwt]) expect((await getSession(token)).status).toBe(200)
  const kept = await server.get(Database).read.all('SELECT app_password FROM session WHERE did = ?', did)
  expect(kept).toHaveLength(1001)
})

it('lists a thousand at most, and none that cannot be refreshed any more', async () => {
  const { did } = await server.createAccount('carla')
  const client = { userAgent: null, address: null }
  const start = () => server.get(Sessions).start({ did: did as Did, scope: 'com.atproto.access', shown: null, client })
  await Promise.all(Array.from({ length: 1001 }, start))
  expect(await list((await start()).accessJwt)).toHaveLength(1000)
  server.advance(91 * 24 * 60 * 60 * 1000)
  expect(await list((await start()).accessJwt)).toHaveLength(1)
})
