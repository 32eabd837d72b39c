/** Operations of owners, and changes of handles and keys, at a directory outside that refuses, is silent or forgets to answer. */
import { CommandBus } from '@nestjs/cqrs'
import { DeleteAccount } from '../../../src/modules/account/life/delete-account.js'
import { RotateKeys } from '../../../src/modules/account/identity/rotate-keys.js'
import { Secrets } from '../../../src/modules/config/secrets.js'
import { Database } from '../../../src/modules/database/database.js'
import { formatUpdate } from '../../../src/modules/identity/plc/genesis.js'
import { type PlcUpdate, stateOf } from '../../../src/modules/identity/plc/operation.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { type Did, SigningKey } from '../../../src/repo-engine/index.js'
import { type Answer, TestServer } from '../../support/account-app.js'
import { checkInvariants } from '../../support/invariants.js'
import { PlcStub } from '../../support/plc-stub.js'
import { rows } from './adopting.js'
import { kinds, type Owner, write } from './owners.js'
import { freePort } from '../../support/free-port.js'
import { eventually } from '../../support/eventually.js'

let plc: PlcStub
let server: TestServer
let alice: Owner
const owner = SigningKey.generate()
beforeEach(async () => {
  plc = await PlcStub.start()
  // The same after a restart: identities name it.
  server = await TestServer.start({ PDS_DID_PLC_URL: plc.url, PDS_PORT: await freePort() })
  const body = {
    handle: 'alice.test',
    email: 'alice@example.com',
    password: 'alice-password',
    recoveryKey: owner.didKey,
  }
  alice = (await server.post('com.atproto.server.createAccount', { body })).body as unknown as Owner
  plc.submissions = 0
})
afterEach(async () => {
  await server.close()
  await plc.close()
})

const lastOf = (did: string) => plc.logs.get(did)!.at(-1)!.operation
const next = (changes: object, key = owner): PlcUpdate => formatUpdate(lastOf(alice.did), changes, key)
const submit = (operation: unknown): Promise<Answer> =>
  server.post('com.atproto.identity.submitPlcOperation', { auth: alice.accessJwt, body: { operation } })
const updateHandle = (handle: string): Promise<Answer> =>
  server.post('com.atproto.identity.updateHandle', { auth: alice.accessJwt, body: { handle } })
const outboxIsEmpty = async () => (await rows(server, 'outbox')) === 0
const BEGINNING = ['identity', 'account', 'commit', 'sync']
const withName = (name: string) => ({ alsoKnownAs: ['at://alice.test', `https://${name}.example`] })

describe("an owner's operation", () => {
  it('succeeds when the answer of the directory is lost', async () => {
    plc.mood = 'lose-answer'
    expect((await submit(next(withName('a')))).status).toBe(200)
    expect([plc.submissions, await kinds(server, alice.did)]).toEqual([1, [...BEGINNING, 'identity']])
  })

  it('changes nothing when the directory refuses', async () => {
    plc.mood = 'refuse'
    expect(await submit(next(withName('a')))).toMatchObject({
      status: 400,
      body: { message: 'PLC directory: not today' },
    })
    expect([await outboxIsEmpty(), await kinds(server, alice.did)]).toEqual([true, BEGINNING])
  })

  it('is registered later when the directory does not answer, and no other is taken meanwhile', async () => {
    plc.mood = 'lose-operation'
    expect(await submit(next(withName('a')))).toMatchObject({ status: 502, body: { error: 'UpstreamFailure' } })
    expect((await submit(next(withName('b')))).body.message).toMatch(/Another operation is waiting/)
    plc.mood = 'good'
    await eventually(outboxIsEmpty)
    expect(stateOf(lastOf(alice.did))).toMatchObject(withName('a'))
    expect(await kinds(server, alice.did)).toEqual([...BEGINNING, 'identity'])
  })

  it.each([
    ['before it arrives', 'lose-operation'],
    ['after it is registered', 'hang'],
    ['while nobody can tell whether it is registered', 'fall-silent'],
  ] as const)('is finished after a crash %s', async (_, mood) => {
    plc.mood = mood
    const asked = submit(next(withName('a'))).catch(() => null)
    await eventually(() => Promise.resolve(plc.submissions === 1))
    server = await server.restart()
    await asked
    plc.mood = 'good'
    plc.down = false
    await eventually(outboxIsEmpty)
    expect(stateOf(lastOf(alice.did))).toMatchObject(withName('a'))
    expect(plc.logs.get(alice.did)).toHaveLength(2)
    expect(await kinds(server, alice.did)).toEqual([...BEGINNING, 'identity'])
    await checkInvariants(server.get(Database).read, 'outside')
  })

  it('counts as registered although another has followed on its own', async () => {
    plc.mood = 'fall-silent'
    await submit(next(withName('a')))
    plc.down = false
    plc.mood = 'good'
    const url = `${plc.url}/${alice.did}`
    const headers = { 'content-type': 'application/json' }
    await fetch(url, { method: 'POST', headers, body: JSON.stringify(next(withName('b'))) })
    await eventually(outboxIsEmpty)
    expect(stateOf(lastOf(alice.did))).toMatchObject(withName('b'))
    expect(await kinds(server, alice.did)).toEqual([...BEGINNING, 'identity'])
  })

  it('does not come between the check of a handle and its change, whoever is first (abuse 10)', async () => {
    const operation = next(withName('a'))
    const [changed, submitted] = await Promise.all([updateHandle('alicia.test'), submit(operation)])
    expect(changed.status).toBe(200)
    // Before the change it is followed by it; after the change it says what is not so any more.
    expect([200, 400]).toContain(submitted.status)
    expect(stateOf(lastOf(alice.did))?.alsoKnownAs[0]).toBe('at://alicia.test')
    expect(await submit(next({ alsoKnownAs: ['at://alice.test'] }))).toMatchObject({
      status: 400,
      body: { message: 'Incorrect handle in alsoKnownAs' },
    })
    const session = await server.query('com.atproto.server.getSession', { auth: alice.accessJwt })
    expect(session.body.handle).toBe('alicia.test')
  })

  it('of the owner alone is followed by a change of handle as if it had been known', async () => {
    const operation = next(withName('a'))
    const change = updateHandle('alicia.test')
    const headers = { 'content-type': 'application/json' }
    await fetch(`${plc.url}/${alice.did}`, { method: 'POST', headers, body: JSON.stringify(operation) })
    expect((await change).status).toBe(200)
    expect(stateOf(lastOf(alice.did))?.alsoKnownAs[0]).toBe('at://alicia.test')
  })
})

describe('a change of handle that waits for the directory', () => {
  it('is promised once, however often it is asked for: a second promise would undo what came after', async () => {
    plc.mood = 'lose-operation'
    for (let i = 0; i < 2; i++) expect((await updateHandle('alicia.test')).status).toBe(502)
    expect(await rows(server, 'outbox')).toBe(1)
    plc.mood = 'good'
    await eventually(outboxIsEmpty)
    expect(await kinds(server, alice.did)).toEqual([...BEGINNING, 'identity'])
  })

  it('is the only one, be it to the handle that there is', async () => {
    plc.down = true
    expect((await updateHandle('alice.test')).status).toBe(502)
    const { status, body } = await updateHandle('alicia.test')
    expect([status, body.message]).toEqual([400, 'Another change of handle is waiting for the PLC directory'])
    plc.down = false
    await eventually(outboxIsEmpty)
    expect((await updateHandle('alicia.test')).status).toBe(200)
  })
})

describe('a new signing key', () => {
  const rotate = () =>
    server.get(CommandBus).execute(new RotateKeys({ signing: true, rotation: false, account: alice.did }))
  const keyNow = () => server.get(SigningKeys).publicKey(alice.did)

  it.each([
    ['before the operation arrives', 'lose-operation'],
    ['after the operation is registered', 'hang'],
    ['while nobody can tell whether it is registered', 'fall-silent'],
  ] as const)('is taken after a crash %s', async (_, mood) => {
    await write(server, alice, 'before')
    const before = await keyNow()
    plc.mood = mood
    const asked = rotate().catch(() => null)
    await eventually(() => Promise.resolve(plc.submissions === 1))
    expect(await keyNow()).toBe(before)
    server = await server.restart()
    await asked
    plc.mood = 'good'
    plc.down = false
    await eventually(outboxIsEmpty)
    expect(await keyNow()).not.toBe(before)
    expect(stateOf(lastOf(alice.did))?.verificationMethods.atproto).toBe(await keyNow())
    expect((await write(server, alice, 'after')).status).toBe(200)
    expect(await kinds(server, alice.did)).toEqual([...BEGINNING, 'commit', 'identity', 'sync', 'commit'])
    await checkInvariants(server.get(Database).read, 'outside')
  })

  it('comes between two of many writes, none of which is lost or signed by another key than its own', async () => {
    const writes = Array.from({ length: 40 }, (_, i) => write(server, alice, `post ${i}`))
    const rotated = await rotate()
    const more = Array.from({ length: 10 }, (_, i) => write(server, alice, `later ${i}`))
    expect(rotated).toMatchObject({ signing: 1 })
    for (const { status } of await Promise.all([...writes, ...more])) expect(status).toBe(200)
    const told = await kinds(server, alice.did)
    expect(told.filter((kind) => kind === 'commit')).toHaveLength(51)
    expect(told.slice(told.indexOf('identity', 1)).slice(0, 2)).toEqual(['identity', 'sync'])
    await checkInvariants(server.get(Database).read, 'outside')
  })

  it('waits for a directory that is away without keeping anybody from writing, and ends with the account', async () => {
    plc.down = true
    await expect(rotate()).rejects.toMatchObject({ status: 502 })
    expect((await write(server, alice, 'meanwhile')).status).toBe(200)
    expect(await rotate()).toMatchObject({
      signing: 0,
      leftOut: [{ reason: expect.stringContaining('waiting') as string }],
    })
    const { erased } = await server.get(CommandBus).execute(new DeleteAccount(alice.did as Did))
    await erased()
    for (const table of ['outbox', 'next_signing_key', 'signing_key', 'retired_key'])
      expect([table, await rows(server, table)]).toEqual([table, 0])
  })

  it('is dropped when the directory refuses', async () => {
    const before = await keyNow()
    plc.mood = 'refuse'
    const rotated = await rotate()
    expect(rotated).toMatchObject({ signing: 0, leftOut: [{ did: alice.did, reason: 'PLC directory: not today' }] })
    expect([await keyNow(), await outboxIsEmpty(), await rows(server, 'next_signing_key')]).toEqual([before, true, 0])
    expect((await write(server, alice, 'after')).status).toBe(200)
    await checkInvariants(server.get(Database).read, 'outside')
  })
})

it("the server's rotation key is replaced for all or kept, however often the directory fails on the way", async () => {
  for (const name of ['bob', 'carla']) await server.createAccount(name)
  const rotate = () => server.get(CommandBus).execute(new RotateKeys({ signing: false, rotation: true, account: null }))
  const old = server.get(SigningKeys).rotationKey.didKey
  plc.down = true
  await expect(rotate()).rejects.toMatchObject({ status: 502 })
  const fresh = server.get(SigningKeys).rotationKey.didKey
  expect(fresh).not.toBe(old)
  server = await server.restart()
  expect(server.get(SigningKeys).rotationKeys.map(({ didKey }) => didKey)).toEqual([fresh, old])
  plc.down = false
  // Made by the key of today; the others are still signed for by the former one.
  await server.createAccount('dan')
  expect((await updateHandle('alicia.test')).status).toBe(200)
  plc.mood = 'refuse'
  expect(await rotate()).toMatchObject({ rotation: 0, formerKeys: 1, leftOut: [{}, {}, {}] })
  plc.mood = 'lose-answer'
  expect(await rotate()).toEqual({ signing: null, rotation: 3, formerKeys: 0, leftOut: [] })
  for (const did of plc.logs.keys()) expect(stateOf(lastOf(did))?.rotationKeys.at(-1)).toBe(fresh)
  expect(stateOf(lastOf(alice.did))?.rotationKeys).toEqual([owner.didKey, fresh])
  expect(server.get(Secrets).plcRotationKeys).toHaveLength(1)
})
