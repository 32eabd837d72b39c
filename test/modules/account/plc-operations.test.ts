/** What owners may change of their did:plc through this server, and what they may not change by accident. */
import { formatTombstone, formatUpdate } from '../../../src/modules/identity/plc/genesis.js'
import { type PlcUpdate, stateOf } from '../../../src/modules/identity/plc/operation.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { SigningKey } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { appSession, kinds, type Owner, signed } from './owners.js'

let server: TestServer
let alice: Owner
beforeAll(async () => {
  server = await TestServer.start()
  alice = await server.createAccount('alice')
})
afterAll(() => server.close())

const NSID = 'com.atproto.identity'
const submit = (owner: Owner, operation: unknown) =>
  server.post(`${NSID}.submitPlcOperation`, { auth: owner.accessJwt, body: { operation } })
const last = async (did: string) => (await server.get(PlcDirectory).lastOperation(did))!
const rotationKey = () => server.get(SigningKeys).rotationKey

it('recommends what the identity of an account here is made of', async () => {
  const { status, body } = await server.query(`${NSID}.getRecommendedDidCredentials`, { auth: alice.accessJwt })
  expect([status, body]).toEqual([200, { ...stateOf(await last(alice.did)) }])
})

it('recommends the recovery key of the operator first', async () => {
  const recovery = SigningKey.generate().didKey
  const other = await TestServer.start({ PDS_RECOVERY_DID_KEY: recovery })
  const { accessJwt } = await other.createAccount('alice')
  const { body } = await other.query(`${NSID}.getRecommendedDidCredentials`, { auth: accessJwt })
  expect(body.rotationKeys).toEqual([recovery, other.get(SigningKeys).rotationKey.didKey])
  await other.close()
})

it('signs any operation for who has the code, and each code signs one', async () => {
  const services = { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: 'https://elsewhere.example' } }
  const { status, body } = await signed(server, alice, { services })
  expect(status).toBe(200)
  const operation = body.operation as PlcUpdate
  expect(operation).toMatchObject({ type: 'plc_operation', services, alsoKnownAs: ['at://alice.test'] })
  expect(await server.get(PlcDirectory).log(alice.did)).toHaveLength(1)
  await server.post(`${NSID}.requestPlcOperationSignature`, { auth: alice.accessJwt })
  for (const [token, error] of [
    [undefined, 'InvalidRequest'],
    ['', 'InvalidRequest'],
    ['AAAAA-AAAAA', 'InvalidToken'],
  ])
    expect(await server.post(`${NSID}.signPlcOperation`, { auth: alice.accessJwt, body: { token } })).toMatchObject({
      status: 400,
      body: { error },
    })
})

it('refuses to sign what no directory would take, and leaves the code to be used again', async () => {
  for (const changes of [
    { rotationKeys: ['did:key:nonsense'] },
    { verificationMethods: { atproto: 5 } },
    { services: { atproto_pds: 'https://a.example' } },
    { alsoKnownAs: Array.from({ length: 11 }, (_, i) => `at://${i}.example.com`) },
  ])
    expect(await signed(server, alice, changes)).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
  expect((await signed(server, alice, {})).status).toBe(200)
})

it('registers an operation that keeps the account here, and announces it', async () => {
  const bob = await server.createAccount('bob')
  const before = (await kinds(server, bob.did)).length
  const key = SigningKey.generate('p256').didKey
  const { body } = await signed(server, bob, { rotationKeys: [key, rotationKey().didKey] })
  expect((await submit(bob, body.operation)).status).toBe(200)
  expect(stateOf(await last(bob.did))?.rotationKeys).toEqual([key, rotationKey().didKey])
  expect(await kinds(server, bob.did, before)).toEqual(['identity'])
  // The same again changes nothing.
  expect((await submit(bob, body.operation)).status).toBe(200)
  expect(await server.get(PlcDirectory).log(bob.did)).toHaveLength(2)
})

it('refuses operations that would lose the account by accident (abuse 9)', async () => {
  const carla = await server.createAccount('carla')
  const genesis = await last(carla.did)
  const key = rotationKey()
  const other = SigningKey.generate().didKey
  const { verificationMethods } = stateOf(genesis)!
  const pds = (endpoint: string, type = 'AtprotoPersonalDataServer') => ({
    services: { atproto_pds: { type, endpoint } },
  })
  const ours = stateOf(genesis)!.services.atproto_pds!.endpoint
  for (const [changes, message] of [
    [{ rotationKeys: [other] }, "Rotation keys do not include server's rotation key"],
    [{ services: {} }, 'Incorrect type on atproto_pds service'],
    [pds(ours, 'SomethingElse'), 'Incorrect type on atproto_pds service'],
    [pds('https://elsewhere.example'), 'Incorrect endpoint on atproto_pds service'],
    [{ verificationMethods: {} }, 'Incorrect signing key'],
    [{ verificationMethods: { ...verificationMethods, atproto: other } }, 'Incorrect signing key'],
    [{ alsoKnownAs: ['at://other.test', 'at://carla.test'] }, 'Incorrect handle in alsoKnownAs'],
    [{ alsoKnownAs: [] }, 'Incorrect handle in alsoKnownAs'],
  ] as const) {
    const operation = formatUpdate(genesis, changes as object, key)
    expect(await submit(carla, operation)).toMatchObject({ status: 400, body: { error: 'InvalidRequest', message } })
  }
  for (const operation of [
    {},
    [],
    { type: 'plc_operation' },
    formatTombstone(genesis, key),
    { ...genesis, prev: 'x', more: 1 },
  ])
    expect(await submit(carla, operation)).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
  const stranger = formatUpdate(genesis, {}, SigningKey.generate())
  expect(await submit(carla, stranger)).toMatchObject({ status: 400 })
  expect(await submit(carla, { ...formatUpdate(genesis, {}, key), prev: null })).toMatchObject({ status: 400 })
  expect(await server.get(PlcDirectory).log(carla.did)).toHaveLength(1)
  expect((await kinds(server, carla.did)).filter((kind) => kind === 'identity')).toHaveLength(1)
})

it('says so when the identity has ended, or lets this server sign no more', async () => {
  const dan = await server.createAccount('dan')
  const owner = SigningKey.generate()
  const handed = formatUpdate(await last(dan.did), { rotationKeys: [owner.didKey] }, rotationKey())
  await server.get(PlcDirectory).submit(dan.did, handed)
  expect((await signed(server, dan, {})).body.message).toMatch(/No rotation key of .* is this server's/)
  await server.get(PlcDirectory).submit(dan.did, formatTombstone(handed, owner))
  expect(await signed(server, dan, {})).toMatchObject({ status: 410, body: { message: 'Did is tombstoned' } })
})

it('an app password gets at nothing of an identity (abuse 4)', async () => {
  for (const privileged of [false, true]) {
    const auth = await appSession(server, alice, privileged)
    const refused = { status: 400, body: { error: 'InvalidToken', message: 'Bad token scope' } }
    expect(await server.query(`${NSID}.getRecommendedDidCredentials`, { auth })).toMatchObject(refused)
    for (const [name, body] of [
      [`${NSID}.requestPlcOperationSignature`, undefined],
      [`${NSID}.signPlcOperation`, { token: 'AAAAA-AAAAA' }],
      [`${NSID}.submitPlcOperation`, { operation: {} }],
      [`${NSID}.updateHandle`, { handle: 'alicia.test' }],
      [`${NSID}.refreshIdentity`, { identifier: alice.did }],
      ['com.atproto.server.activateAccount', undefined],
      ['com.atproto.server.deactivateAccount', {}],
    ] as const)
      expect([name, await server.post(name, { auth, body })]).toMatchObject([name, refused])
    expect(await server.query('com.atproto.server.checkAccountStatus', { auth })).toMatchObject(refused)
  }
})

it('looks at anybody afresh, and announces nobody but the viewer', async () => {
  const [erin, frank] = [await server.createAccount('erin'), await server.createAccount('frank')]
  const refresh = (identifier: string) =>
    server.post(`${NSID}.refreshIdentity`, { auth: erin.accessJwt, body: { identifier } })
  const [before, others] = [(await kinds(server, erin.did)).length, (await kinds(server, frank.did)).length]
  expect(await refresh('frank.test')).toMatchObject({ status: 200, body: { did: frank.did, handle: 'frank.test' } })
  expect(await refresh(erin.did)).toMatchObject({
    status: 200,
    body: { handle: 'erin.test', didDoc: { id: erin.did } },
  })
  expect(await kinds(server, erin.did, before)).toEqual(['identity'])
  expect(await kinds(server, frank.did, others)).toEqual([])
  expect((await refresh('nobody.test')).body.error).toBe('HandleNotFound')
  expect((await refresh('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa')).body.error).toBe('DidNotFound')
})
