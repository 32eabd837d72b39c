/** How accounts rest, come back and go by their owners' wish. */
import { Database } from '../../../src/modules/database/database.js'
import { formatGenesis, formatUpdate } from '../../../src/modules/identity/plc/genesis.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { ServerAddress } from '../../../src/modules/identity/server-address.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { mintServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { SigningKey } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { checkInvariants } from '../../support/invariants.js'
import { admin, ADMIN, events, kinds, type Owner, write } from './owners.js'
import { freePort } from '../../support/free-port.js'
import { eventually } from '../../support/eventually.js'

const DAY_MS = 86_400_000
let server: TestServer
beforeAll(async () => {
  server = await TestServer.start({ ...ADMIN, PDS_PORT: await freePort() })
})
afterEach(() => checkInvariants(server.get(Database).read))
afterAll(() => server.close())

const activate = ({ accessJwt: auth }: Owner) => server.post('com.atproto.server.activateAccount', { auth })
const deactivate = ({ accessJwt: auth }: Owner, deleteAfter?: string) =>
  server.post('com.atproto.server.deactivateAccount', { auth, body: { deleteAfter } })
const sessionOf = async ({ accessJwt: auth }: Owner) =>
  (await server.query('com.atproto.server.getSession', { auth })).body
const statusOf = async ({ accessJwt: auth }: Owner) =>
  (await server.query('com.atproto.server.checkAccountStatus', { auth })).body
const takedown = (did: string, applied: boolean) =>
  server.post('com.atproto.admin.updateSubjectStatus', {
    auth: admin,
    body: { subject: { $type: 'com.atproto.admin.defs#repoRef', did }, takedown: { applied } },
  })
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString()
/** Or something is left of it. */
const isThere = async (did: string) =>
  (await server.get(Database).read.get('SELECT 1 FROM repo WHERE did = ?', did)) !== undefined

it('an account that rests is told once, writes nothing, and comes back with status, identity and head in one append', async () => {
  const alice = await server.createAccount('alice')
  await write(server, alice, 'before')
  const before = (await events(server, alice.did)).length
  expect((await deactivate(alice)).status).toBe(200)
  expect((await deactivate(alice)).status).toBe(200)
  expect(await sessionOf(alice)).toMatchObject({ active: false, status: 'deactivated' })
  expect(await write(server, alice, 'while away')).toMatchObject({ status: 401, body: { error: 'AccountDeactivated' } })
  expect(await statusOf(alice)).toMatchObject({ activated: false, validDid: true })
  expect((await activate(alice)).status).toBe(200)
  expect(await kinds(server, alice.did, before)).toEqual(['account', 'account', 'identity', 'sync'])
  const told = (await events(server, alice.did)).slice(-3)
  expect(told.map(({ seq }) => seq - told[0]!.seq)).toEqual([0, 1, 2])
  expect(await sessionOf(alice)).toMatchObject({ active: true })
  expect((await write(server, alice, 'after')).status).toBe(200)
})

it('an account comes to life where its identity names this server and its key, whoever else holds the rotation keys', async () => {
  const [old, owner] = [SigningKey.generate(), SigningKey.generate()]
  const plc = server.get(PlcDirectory)
  const { did, op } = formatGenesis({
    ...{ handle: 'bob.test', signingKey: old.didKey, rotationKey: owner, pdsUrl: 'https://old.example' },
  })
  await plc.submit(did, op)
  const reserved = (await server.post('com.atproto.server.reserveSigningKey', { body: { did } })).body.signingKey
  const target = { aud: 'did:web:localhost', lxm: 'com.atproto.server.createAccount' }
  const auth = mintServiceJwt(did, target, old, Date.now())
  const body = { did, handle: 'bob.test', email: 'bob@example.com', password: 'bob-password' }
  const bob = (await server.post('com.atproto.server.createAccount', { auth, body })).body as unknown as Owner
  expect(await server.get(SigningKeys).publicKey(did)).toBe(reserved)
  expect(await kinds(server, did)).toEqual(['(account)', '(commit)', '(sync)'])

  const endpoint = 'DID document atproto_pds service endpoint does not match PDS public url'
  expect(await activate(bob)).toMatchObject({ status: 400, body: { error: 'InvalidRequest', message: endpoint } })
  const services = {
    atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: server.get(ServerAddress).url },
  }
  const moved = formatUpdate(op, { services }, owner)
  await plc.submit(did, moved)
  const key = 'DID document verification method does not match expected signing key'
  expect((await activate(bob)).body.message).toBe(key)
  expect(await statusOf(bob)).toMatchObject({ activated: false, validDid: false })
  await plc.submit(did, formatUpdate(moved, { verificationMethods: { atproto: reserved as string } }, owner))
  expect(await statusOf(bob)).toMatchObject({ activated: false, validDid: true })
  expect((await activate(bob)).status).toBe(200)
  expect(await kinds(server, did, 3)).toEqual(['account', 'identity', 'sync'])
  expect((await write(server, bob, 'here')).status).toBe(200)
})

it('who has been taken down cannot activate himself out of it', async () => {
  const carla = await server.createAccount('carla')
  await deactivate(carla)
  const asked = activate(carla)
  await takedown(carla.did, true)
  const { status } = await asked
  if (status === 200) expect((await events(server, carla.did)).at(-1)!.kind).toBe('account')
  expect(await activate(carla)).toMatchObject({ status: 401, body: { error: 'AccountTakedown' } })
  expect(await deactivate(carla)).toMatchObject({ status: 401, body: { error: 'AccountTakedown' } })
  await takedown(carla.did, false)
  // Back to what its owner says: deactivated, unless the activation was first.
  expect(await sessionOf(carla)).toMatchObject(status === 200 ? { active: true } : { status: 'deactivated' })
})

it('says how much of an account is here', async () => {
  const dan = await server.createAccount('dan')
  expect(await statusOf(dan)).toMatchObject({ activated: true, validDid: true, repoBlocks: 2, indexedRecords: 0 })
  for (let i = 0; i < 70; i++) await write(server, dan, `post ${i}`)
  const { body } = await server.query('com.atproto.sync.getLatestCommit', { params: `?did=${dan.did}` })
  const car = await fetch(`${server.url}/xrpc/com.atproto.sync.getRepo?did=${dan.did}`)
  const { CarBlockIterator } = await import('@ipld/car')
  let blocks = 0
  for await (const _ of await CarBlockIterator.fromBytes(new Uint8Array(await car.arrayBuffer()))) blocks++
  expect(await statusOf(dan)).toEqual({
    ...{ activated: true, validDid: true, repoCommit: body.cid, repoRev: body.rev },
    ...{ repoBlocks: blocks, indexedRecords: 70, privateStateValues: 0, expectedBlobs: 0, importedBlobs: 0 },
  })
})

it('counts the blobs that records refer to, and those that are here', async () => {
  const erin = await server.createAccount('erin')
  const auth = { authorization: `Bearer ${erin.accessJwt}`, 'content-type': 'text/plain' }
  const uploaded = await fetch(`${server.url}/xrpc/com.atproto.repo.uploadBlob`, {
    method: 'POST',
    headers: auth,
    body: 'bytes',
  })
  const { blob } = (await uploaded.json()) as { blob: unknown }
  const body = { repo: erin.did, collection: 'com.example.file', record: { blob } }
  await server.post('com.atproto.repo.createRecord', { auth: erin.accessJwt, body })
  expect(await statusOf(erin)).toMatchObject({ expectedBlobs: 1, importedBlobs: 1 })
})

describe('a deletion that its owner has planned', () => {
  it('is done when its time has come, and not before', async () => {
    const frank = await server.createAccount('frank')
    expect((await deactivate(frank, inDays(3))).status).toBe(200)
    server.advance(2 * DAY_MS)
    await new Promise((next) => setTimeout(next, 1500))
    expect(await isThere(frank.did)).toBe(true)
    server.advance(2 * DAY_MS)
    server = await server.restart()
    server.advance(4 * DAY_MS)
    await deactivate(await server.createAccount('waker'), inDays(400))
    await eventually(async () => !(await isThere(frank.did)))
    expect(await kinds(server, frank.did)).toEqual(['account'])
  })

  it('is done at the start for what became due while the server was away', async () => {
    const grace = await server.createAccount('grace')
    await deactivate(grace, new Date(Date.now() + 4 * DAY_MS + 1000).toISOString())
    await server.get(Database).write(async (tx) => {
      await tx.run('UPDATE planned_deletion SET due_at = 1 WHERE did = ?', grace.did)
    })
    server = await server.restart()
    await eventually(async () => !(await isThere(grace.did)))
  })

  it('is off when the account comes back, or when it is deactivated again without it', async () => {
    const plans = async (did: string) =>
      server.get(Database).read.all('SELECT 1 FROM planned_deletion WHERE did = ?', did)
    const heidi = await server.createAccount('heidi')
    await deactivate(heidi, inDays(30))
    expect(await plans(heidi.did)).toHaveLength(1)
    expect((await activate(heidi)).status).toBe(200)
    expect(await plans(heidi.did)).toEqual([])
    await deactivate(heidi, inDays(30))
    await deactivate(heidi)
    expect(await plans(heidi.did)).toEqual([])
  })

  it('waits for the operator where the account is taken down', async () => {
    const ivan = await server.createAccount('ivan')
    await deactivate(ivan, inDays(30))
    await takedown(ivan.did, true)
    await server.get(Database).write(async (tx) => {
      await tx.run('UPDATE planned_deletion SET due_at = 1 WHERE did = ?', ivan.did)
    })
    server = await server.restart()
    await new Promise((next) => setTimeout(next, 1200))
    expect(await isThere(ivan.did)).toBe(true)
    await takedown(ivan.did, false)
    server = await server.restart()
    await eventually(async () => !(await isThere(ivan.did)))
  })

  it('comes as soon as it is wanted by who has just signed in', async () => {
    const liv = await server.createAccount('liv')
    expect((await deactivate(liv, inDays(1))).status).toBe(200)
    server.advance(DAY_MS)
    await deactivate(await server.createAccount('caller'), inDays(400))
    await eventually(async () => !(await isThere(liv.did)))
    server.advance(-DAY_MS)
  })

  it('leaves three days to find out where the session is an older one: it may be stolen', async () => {
    const mallory = await server.createAccount('mallory')
    await server.get(Database).write(async (tx) => {
      await tx.run('UPDATE session SET created_at = ? WHERE did = ?', inDays(-1), mallory.did)
    })
    expect((await deactivate(mallory, new Date(Date.now() + 60_000).toISOString())).status).toBe(200)
    const plan = await server
      .get(Database)
      .read.get<{ due_at: number }>('SELECT due_at FROM planned_deletion WHERE did = ?', mallory.did)
    expect(plan!.due_at).toBeGreaterThan(Date.now() + 3 * DAY_MS - 60_000)
    expect((await activate(mallory)).status).toBe(200)
  })

  it('is done for the others, too, where one cannot be', async () => {
    const [nina, oscar] = [await server.createAccount('nina'), await server.createAccount('oscar')]
    const database = server.get(Database)
    for (const owner of [nina, oscar]) await deactivate(owner, inDays(30))
    await database.write(async (tx) => {
      await tx.run('UPDATE planned_deletion SET due_at = 1 WHERE did = ?', nina.did)
      await tx.run('UPDATE planned_deletion SET due_at = 2 WHERE did = ?', oscar.did)
      await tx.run(
        `CREATE TRIGGER stuck BEFORE DELETE ON account WHEN old.did = '${nina.did}' BEGIN SELECT raise(ABORT, 'stuck'); END`,
      )
    })
    server = await server.restart()
    await eventually(async () => !(await isThere(oscar.did)))
    expect(await isThere(nina.did)).toBe(true)
    await server.get(Database).write(async (tx) => void (await tx.run('DROP TRIGGER stuck')))
    server = await server.restart()
    await eventually(async () => !(await isThere(nina.did)))
  })

  it('must lie in the future', async () => {
    const judy = await server.createAccount('judy')
    for (const deleteAfter of [inDays(-1), '1970-01-01T00:00:00Z', 'tomorrow'])
      expect(await deactivate(judy, deleteAfter)).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
    expect(await sessionOf(judy)).toMatchObject({ active: true })
  })
})
