import { mintServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { Clock } from '../../../src/modules/config/clock.js'
import { Secrets } from '../../../src/modules/config/secrets.js'
import { Database } from '../../../src/modules/database/database.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { type Did, SigningKey } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'

const FOR_ALL = 'app.bsky.unspecced.getConfig'
const FOR_SOMEBODY = 'app.bsky.notification.getPreferences'

let server: TestServer
let alice: { did: string; accessJwt: string; refreshJwt: string }
let key: SigningKey
beforeAll(async () => {
  server = await TestServer.start()
  alice = await server.createAccount('alice')
  key = await server.get(SigningKeys).get(alice.did)
})
afterAll(() => server.close())

const mint = ({ aud = 'did:web:localhost', lxm = FOR_SOMEBODY, iss = alice.did, by = key } = {}) =>
  mintServiceJwt(iss as Did, { aud, lxm }, by, server.get(Clock).now())
const ask = (auth?: string, nsid = FOR_SOMEBODY) => server.query(nsid, { auth })
const basic = (password: string) => `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`

it('lets nobody in where nobody is needed', async () => {
  expect(await ask(undefined, FOR_ALL)).toMatchObject({ status: 200 })
  expect(await ask()).toMatchObject({ status: 401, body: { error: 'AuthMissing' } })
})

it('knows a session', async () => {
  expect(await ask(alice.accessJwt)).toMatchObject({ status: 200 })
  expect(await ask(alice.accessJwt, FOR_ALL)).toMatchObject({ status: 200 })
})

it.each(['', '#bsky_appview', '#atproto_pds'])(
  'knows an account by a service token for the server%s',
  async (service) => {
    const token = mint({ aud: `did:web:localhost${service}` })
    expect(await ask(token)).toMatchObject({ status: 200 })
  },
)

it.each<[string, () => string, string]>([
  ['another method', () => mint({ lxm: 'app.bsky.actor.getPreferences' }), 'BadJwtLexiconMethod'],
  ['another server', () => mint({ aud: 'did:web:other.test' }), 'BadJwtAudience'],
  ['another service of this one', () => mint({ aud: 'did:web:localhost#bsky_chat' }), 'BadJwtAudience'],
  ['the signature of somebody else', () => mint({ by: SigningKey.generate() }), 'BadJwtSignature'],
  ['a DID that does not exist', () => mint({ iss: `did:plc:${'a'.repeat(24)}` }), 'AuthenticationRequired'],
])('refuses a service token with %s, also where nobody is needed', async (_, token, error) => {
  expect(await ask(token())).toMatchObject({ status: 401, body: { error } })
  expect((await ask(token(), FOR_ALL)).status).toBe(401)
})

it('refuses a service token that has been used up by time', async () => {
  const token = mint()
  server.advance(61_000)
  expect(await ask(token)).toMatchObject({ status: 401, body: { error: 'JwtExpired' } })
})

it.each([
  ['no token', 'x', 400],
  ['a refresh token', () => alice.refreshJwt, 400],
  ['another scheme', 'DPoP x', 400],
  ['no credentials', basic('wrong password'), 401],
])('does not take %s for nobody', async (_, auth, status) => {
  expect(await ask(typeof auth === 'string' ? auth : auth(), FOR_ALL)).toMatchObject({ status })
})

it('lets the operator in, as nobody in particular', async () => {
  const operator = basic(server.get(Secrets).adminPassword)
  expect(await ask(operator, FOR_ALL)).toMatchObject({ status: 200 })
  expect(await ask(operator)).toMatchObject({ status: 401, body: { error: 'AuthMissing' } })
})

it('refuses the service tokens of an account that is taken down, here or elsewhere', async () => {
  const database = server.get(Database)
  const takendown = { status: 401, body: { error: 'AccountTakedown' } }
  await database.write(async (tx) => {
    await tx.run("UPDATE repo SET status = 'takendown' WHERE did = ?", alice.did)
  })
  expect(await ask(mint())).toMatchObject(takendown)
  await database.write(async (tx) => {
    await tx.run('UPDATE repo SET status = NULL WHERE did = ?', alice.did)
    await tx.run('INSERT INTO takedown (subject, created_at) VALUES (?, 0)', alice.did)
  })
  expect(await ask(mint())).toMatchObject(takendown)
})
