/** Keys that are given out before there is an account: to anybody, so there is an end to them. */
import { Database } from '../../../src/modules/database/database.js'
import { formatGenesis } from '../../../src/modules/identity/plc/genesis.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { ReservedKeys } from '../../../src/modules/identity/reserved-keys.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { mintServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { SigningKey } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { checkInvariants } from '../../support/invariants.js'
import { rows } from './adopting.js'
import { admin, ADMIN, kinds, write } from './owners.js'

let server: TestServer
beforeEach(async () => (server = await TestServer.start(ADMIN)))
afterEach(() => server.close())

const reserve = async (did?: string) => server.post('com.atproto.server.reserveSigningKey', { body: { did } })
const DAY_MS = 86_400_000
const someone = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'

it('a DID has one, whoever asks; nobody in particular gets a new one each time', async () => {
  const { status, body } = await reserve(someone)
  expect([status, body]).toEqual([200, { signingKey: expect.stringMatching(/^did:key:zQ3s/) as string }])
  expect((await reserve(someone)).body).toEqual(body)
  const others = [(await reserve()).body.signingKey, (await reserve()).body.signingKey, body.signingKey]
  expect(new Set(others).size).toBe(3)
})

it('who asks again for that of a DID has it for three days more', async () => {
  const { body } = await reserve(someone)
  server.advance(2 * DAY_MS)
  expect((await reserve(someone)).body).toEqual(body)
  server.advance(2 * DAY_MS)
  expect((await server.get(ReservedKeys).find(someone))?.didKey).toBe(body.signingKey)
})

it('they expire, and there are so many at most for one network and for all', async () => {
  const reserved = server.get(ReservedKeys)
  for (let i = 0; i < 20; i++) await reserved.reserve(null, '2001:db8::1')
  await expect(reserved.reserve(null, '2001:db8::ffff')).rejects.toMatchObject({ status: 429 })
  await reserved.reserve(null, '2001:db8:0:1::1')
  await reserved.reserve(someone, '::ffff:192.0.2.1')
  await server.get(Database).write(async (tx) => {
    for (let i = 0; i < 5000; i++)
      await tx.run('INSERT INTO reserved_key VALUES (?, NULL, ?, ?, ?)', `k${i}`, Buffer.alloc(1), `n${i}`, Date.now())
  })
  await expect(reserved.reserve(null, '192.0.2.9')).rejects.toMatchObject({ status: 503 })
  // Who has one is told of it all the same.
  await reserved.reserve(someone, '192.0.2.9')
  server.advance(4 * DAY_MS)
  expect(await reserved.find(someone)).toBeNull()
  await reserved.reserve(null, '2001:db8::1')
  expect(await rows(server, 'reserved_key')).toBe(1)
})

it('createAccount with the DID uses it up', async () => {
  const old = SigningKey.generate()
  const { did, op } = formatGenesis({
    ...{ handle: 'bob.test', signingKey: old.didKey, rotationKey: old, pdsUrl: 'https://old.example' },
  })
  await server.get(PlcDirectory).submit(did, op)
  const { signingKey } = (await reserve(did)).body
  const auth = mintServiceJwt(
    did,
    { aud: 'did:web:localhost', lxm: 'com.atproto.server.createAccount' },
    old,
    Date.now(),
  )
  const body = { did, handle: 'bob.test', email: 'bob@example.com', password: 'bob-password' }
  expect((await server.post('com.atproto.server.createAccount', { auth, body })).status).toBe(200)
  expect(await server.get(SigningKeys).publicKey(did)).toBe(signingKey)
  expect(await rows(server, 'reserved_key')).toBe(0)
})

it('the operator can have an account sign with one', async () => {
  const alice = await server.createAccount('alice')
  await write(server, alice, 'before')
  const update = (did: string, signingKey: unknown) =>
    server.post('com.atproto.admin.updateAccountSigningKey', { auth: admin, body: { did, signingKey } })
  const foreign = (await reserve(someone)).body.signingKey
  for (const key of [SigningKey.generate().didKey, foreign])
    expect((await update(alice.did, key)).body.message).toMatch(/No such key is reserved here/)
  const { signingKey } = (await reserve(alice.did)).body
  expect((await update(someone, signingKey)).body.error).toBe('AccountNotFound')
  expect((await update(alice.did, signingKey)).status).toBe(200)
  expect((await server.get(PlcDirectory).data(alice.did))?.verificationMethods.atproto).toBe(signingKey)
  expect((await kinds(server, alice.did)).slice(-2)).toEqual(['identity', 'sync'])
  expect((await write(server, alice, 'after')).status).toBe(200)
  await checkInvariants(server.get(Database).read)
  expect((await server.post('com.atproto.admin.updateAccountSigningKey', { body: {} })).status).toBe(401)
})
