import { verifyServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { Sessions } from '../../../src/modules/auth/sessions.js'
import type { AccessScope } from '../../../src/modules/auth/tokens.js'
import { Clock } from '../../../src/modules/config/clock.js'
import { Database } from '../../../src/modules/database/database.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { type Answer, TestServer } from '../../support/account-app.js'

const AUD = 'did:web:elsewhere.test'
const LXM = 'app.bsky.feed.getFeedSkeleton'
const CREATE_ACCOUNT = 'com.atproto.server.createAccount'

let server: TestServer
let alice: { did: string; accessJwt: string }
beforeAll(async () => {
  server = await TestServer.start()
  alice = await server.createAccount('alice')
})
afterAll(() => server.close())

const nowSeconds = (): number => Math.floor(server.get(Clock).now() / 1000)
const ask = (params: Record<string, string | number>, auth = alice.accessJwt): Promise<Answer> =>
  server.query('com.atproto.server.getServiceAuth', {
    auth,
    params: `?${new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)])).toString()}`,
  })
const claimsOf = ({ body }: Answer): Record<string, unknown> =>
  JSON.parse(Buffer.from((body.token as string).split('.')[1]!, 'base64url').toString()) as Record<string, unknown>

async function as(scope: AccessScope): Promise<string> {
  const client = { userAgent: null, address: null }
  const session = { did: alice.did as Did, scope, shown: null, client }
  return (await server.get(Sessions).start(session)).accessJwt
}

it("gives a token that the account's key has signed, for one method of one service, for a minute", async () => {
  const answer = await ask({ aud: AUD, lxm: LXM })
  expect(answer.status).toBe(200)
  const { iat, ...claims } = claimsOf(answer)
  expect(claims).toEqual({
    iss: alice.did,
    aud: AUD,
    lxm: LXM,
    exp: (iat as number) + 60,
    jti: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
  })
  const key = (await server.get(SigningKeys).publicKey(alice.did))!
  const verified = verifyServiceJwt(
    answer.body.token as string,
    { aud: AUD, lxm: LXM },
    () => Promise.resolve(key),
    server.get(Clock).now(),
  )
  expect(await verified).toBe(alice.did)
  expect(claimsOf(await ask({ aud: AUD, lxm: LXM })).jti).not.toBe(claims.jti)
})

it('names a service of a DID where that is asked', async () => {
  expect(claimsOf(await ask({ aud: `${AUD}#bsky_fg`, lxm: LXM })).aud).toBe(`${AUD}#bsky_fg`)
})

it('is good for every method for a minute at most', async () => {
  const claims = claimsOf(await ask({ aud: AUD, exp: nowSeconds() + 55 }))
  expect(claims).not.toHaveProperty('lxm')
  expect(await ask({ aud: AUD, exp: nowSeconds() + 70 })).toEqual({
    status: 400,
    body: {
      error: 'BadExpiration',
      message: 'cannot request a method-less token with an expiration more than a minute in the future',
    },
  })
})

it('lasts for an hour at most, and not into the past', async () => {
  const exp = nowSeconds() + 3590
  expect(claimsOf(await ask({ aud: AUD, lxm: LXM, exp })).exp).toBe(exp)
  const tooFar = await ask({ aud: AUD, lxm: LXM, exp: nowSeconds() + 3700 })
  expect(tooFar).toMatchObject({ status: 400, body: { error: 'BadExpiration' } })
  for (const past of [nowSeconds() - 1, 0, -5])
    expect(await ask({ aud: AUD, lxm: LXM, exp: past })).toEqual({
      status: 400,
      body: { error: 'BadExpiration', message: 'expiration is in past' },
    })
})

it.each([
  '',
  'elsewhere.test',
  'https://elsewhere.test',
  `${AUD}#`,
  `${AUD}#a#b`,
  `${AUD}#a b`,
  `did:web:${'a'.repeat(3000)}`,
])('is for no such audience as %j', async (aud) => {
  expect(await ask({ aud, lxm: LXM })).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
})

it.each(['not an nsid', '*', 'com.atproto.*'])('is for no such method as %j', async (lxm) => {
  expect(await ask({ aud: AUD, lxm })).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
})

it.each([
  'com.atproto.server.createAppPassword',
  'com.atproto.server.updateEmail',
  'com.atproto.server.deactivateAccount',
  'com.atproto.identity.signPlcOperation',
  'com.atproto.identity.updateHandle',
  'com.atproto.admin.sendEmail',
])('is never for %s, which is between the owner and this server', async (lxm) => {
  expect(await ask({ aud: AUD, lxm })).toEqual({
    status: 400,
    body: {
      error: 'InvalidRequest',
      message: `cannot request a service auth token for the following protected method: ${lxm}`,
    },
  })
})

/** Bad input 4. */
describe('an app password', () => {
  it.each(['chat.bsky.convo.getMessages', 'chat.bsky.group.listMembers', CREATE_ACCOUNT])(
    'has to be a privileged one for %s',
    async (lxm) => {
      const refused = await ask({ aud: AUD, lxm }, await as('com.atproto.appPass'))
      expect(refused).toEqual({
        status: 400,
        body: {
          error: 'InvalidRequest',
          message: `insufficient access to request a service auth token for the following method: ${lxm}`,
        },
      })
      expect((await ask({ aud: AUD, lxm }, await as('com.atproto.appPassPrivileged'))).status).toBe(200)
      expect((await ask({ aud: AUD, lxm })).status).toBe(200)
    },
  )

  it('is enough for what an app does', async () => {
    expect((await ask({ aud: AUD, lxm: LXM }, await as('com.atproto.appPass'))).status).toBe(200)
  })

  it('does not bring it further by way of a token for this server itself', async () => {
    const lxm = 'com.atproto.server.listAppPasswords'
    const { body } = await ask({ aud: 'did:web:localhost' }, await as('com.atproto.appPass'))
    expect(await server.query(lxm, { auth: body.token as string })).toMatchObject({ status: 400 })
    expect(await server.query('app.bsky.actor.getPreferences', { auth: body.token as string })).toMatchObject({
      status: 401,
      body: { error: 'BadJwtLexiconMethod' },
    })
  })
})

it('lets who is taken down move out, and nothing else', async () => {
  const auth = await as('com.atproto.takendown')
  for (const more of [{}, { lxm: LXM }, { lxm: 'chat.bsky.convo.getMessages' }] as Record<string, string>[])
    expect(await ask({ aud: AUD, ...more }, auth)).toEqual({
      status: 400,
      body: { error: 'InvalidToken', message: 'Bad token scope' },
    })
  expect((await ask({ aud: AUD, lxm: CREATE_ACCOUNT }, auth)).status).toBe(200)
})

it('is given to an account that is deactivated', async () => {
  const bob = await server.createAccount('bob')
  await server.get(Database).write(async (tx) => {
    await tx.run("UPDATE repo SET status = 'deactivated' WHERE did = ?", bob.did)
  })
  expect((await ask({ aud: AUD, lxm: CREATE_ACCOUNT }, bob.accessJwt)).status).toBe(200)
})
