/** An adoption whose directory refuses, is silent or forgets to answer, and one that is cut off: done in whole, or not at all. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { CommandBus } from '@nestjs/cqrs'
import { RotateKeys } from '../../../src/modules/account/identity/rotate-keys.js'
import { DeleteAccount } from '../../../src/modules/account/life/delete-account.js'
import { Database, type Reader } from '../../../src/modules/database/database.js'
import { SqliteDatabase } from '../../../src/modules/database/sqlite-database.js'
import { formatUpdate } from '../../../src/modules/identity/plc/genesis.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { readRepo } from '../../../src/modules/repo/repo-row.js'
import type { SampleRepo } from '../../cli/sample-repo.js'
import { TestServer } from '../../support/account-app.js'
import { buildServer, ChildServer, failWrites, scratchDirectory } from '../../support/crash.js'
import { checkInvariants } from '../../support/invariants.js'
import { type Mood, PlcStub } from '../../support/plc-stub.js'
import { startTestServer } from '../../support/server.js'
import { adopt, eventsOf, hexOf, keep, operator, rows, stateIn } from './adopting.js'
import { eventually } from '../../support/eventually.js'

let plc: PlcStub
let env: Record<string, string>
let server: TestServer
let repo: SampleRepo
beforeEach(async () => {
  plc = await PlcStub.start()
  env = { PDS_DID_PLC_URL: plc.url, PDS_SERVICE_HANDLE_DOMAINS: '.here.test', PDS_ADMIN_PASSWORD: 'admin-password' }
  server = await TestServer.start(env)
  repo = await keep(server)
  plc.submissions = 0
})
afterEach(async () => {
  await server.close()
  await plc.close()
})

const read = () => server.get(Database).read
const signIn = () =>
  server.post('com.atproto.server.createSession', {
    body: { identifier: 'carla.here.test', password: 'carla-password' },
  })
const outboxIsEmpty = async () => (await rows(server, 'outbox')) === 0

/** The account is there, in its identity and in the log, once. */
async function adopted(operations = 2): Promise<void> {
  const { did } = repo
  expect(await outboxIsEmpty()).toBe(true)
  expect(await eventsOf(server, did)).toEqual(['import', 'identity*', 'account*', 'sync*'])
  expect(plc.logs.get(did)).toHaveLength(operations)
  expect((await stateIn(server, did))?.services.atproto_pds).toMatchObject({
    // A server that has started anew has another port.
    endpoint: expect.stringContaining('http://localhost:') as string,
  })
  const { status, body } = await signIn()
  expect(status).toBe(200)
  const record = { text: 'here', createdAt: '2026-01-01T00:00:00Z' }
  const write = { repo: did, collection: 'app.bsky.feed.post', record }
  const { accessJwt } = body as { accessJwt: string }
  expect((await server.post('com.atproto.repo.createRecord', { auth: accessJwt, body: write })).status).toBe(200)
  await checkInvariants(read(), 'outside')
}

/** The repository is kept as before, and the names are anybody's. */
async function undone(): Promise<void> {
  for (const table of ['account', 'handle_claim', 'signing_key', 'outbox', 'session'])
    expect([table, await rows(server, table)]).toEqual([table, 0])
  expect(await eventsOf(server, repo.did)).toEqual(['import'])
  expect(await readRepo(read(), repo.did)).toMatchObject({ hosting: 'mirrored', rev: repo.commit.rev })
  await checkInvariants(read(), 'outside')
}

it('succeeds when the answer of the directory is lost', async () => {
  plc.mood = 'lose-answer'
  await adopt(server, repo.did)
  expect(plc.submissions).toBe(1)
  await adopted()
})

it('while it waits, the rotation key that its operation names is not forgotten', async () => {
  plc.mood = 'lose-operation'
  await expect(adopt(server, repo.did)).rejects.toMatchObject({ status: 502 })
  const rotate = () => server.get(CommandBus).execute(new RotateKeys({ signing: false, rotation: true, account: null }))
  expect(await rotate()).toMatchObject({ rotation: 0, formerKeys: 1, leftOut: [{ did: repo.did }] })
  plc.mood = 'good'
  await eventually(outboxIsEmpty)
  expect(await rotate()).toMatchObject({ rotation: 1, formerKeys: 0, leftOut: [] })
  expect((await stateIn(server, repo.did))?.rotationKeys).toContain(server.get(SigningKeys).rotationKey.didKey)
})

it('changes nothing when the directory refuses, and may be asked for again', async () => {
  plc.mood = 'refuse'
  await expect(adopt(server, repo.did)).rejects.toThrow('PLC directory: not today')
  await undone()
  plc.mood = 'good'
  await adopt(server, repo.did)
  await adopted()
})

it('is finished later when the directory does not answer, and nobody is in the account before', async () => {
  plc.mood = 'lose-operation'
  await expect(adopt(server, repo.did)).rejects.toMatchObject({ status: 502, error: 'UpstreamFailure' })
  expect((await signIn()).status).toBe(401)
  expect(await readRepo(read(), repo.did)).toMatchObject({ hosting: 'mirrored', rev: repo.commit.rev })
  await expect(adopt(server, repo.did)).rejects.toMatchObject({ status: 400, error: 'AlreadyExists' })
  plc.mood = 'good'
  await eventually(outboxIsEmpty)
  await adopted()
})

it.each([
  ['before the operation arrives', 'lose-operation'],
  ['after the operation is registered', 'hang'],
  ['while nobody can tell whether it is registered', 'fall-silent'],
] as const)('is finished after a crash %s', async (_, mood) => {
  plc.mood = mood
  const asked = adopt(server, repo.did).catch(() => null)
  await eventually(() => Promise.resolve(plc.submissions === 1))
  expect(await eventsOf(server, repo.did)).toEqual(['import'])
  server = await server.restart()
  await asked
  plc.mood = 'good'
  plc.down = false
  await eventually(outboxIsEmpty)
  await adopted()
})

it('is undone after a crash when the directory refuses', async () => {
  plc.mood = 'lose-operation'
  await adopt(server, repo.did).catch(() => null)
  plc.mood = 'refuse'
  server = await server.restart()
  await eventually(outboxIsEmpty)
  await undone()
})

it('is finished although another operation has followed on its own', async () => {
  plc.mood = 'fall-silent'
  await adopt(server, repo.did).catch(() => null)
  plc.down = false
  plc.mood = 'good'
  const directory = server.get(PlcDirectory)
  const last = (await directory.lastOperation(repo.did))!
  await directory.submit(
    repo.did,
    formatUpdate(last, { alsoKnownAs: ['at://carla.here.test', 'https://carla.example'] }, operator),
  )
  await eventually(outboxIsEmpty)
  await adopted(3)
})

it('is undone when the identity has gone elsewhere in the meantime', async () => {
  plc.mood = 'fall-silent'
  await adopt(server, repo.did).catch(() => null)
  plc.down = false
  plc.mood = 'good'
  const directory = server.get(PlcDirectory)
  const last = (await directory.lastOperation(repo.did))!
  const services = { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: 'https://third.example' } }
  await directory.submit(repo.did, formatUpdate(last, { services }, operator))
  await eventually(outboxIsEmpty)
  await undone()
})

it('is finished later when its last write fails', async () => {
  // The write that reserves the account passes.
  failWrites(server.get(Database), 1, 1)
  await expect(adopt(server, repo.did)).rejects.toMatchObject({ status: 502 })
  expect(plc.logs.get(repo.did)).toHaveLength(2)
  expect(await eventsOf(server, repo.did)).toEqual(['import'])
  await eventually(outboxIsEmpty)
  await adopted()
})

it('is nothing when the account cannot be reserved', async () => {
  failWrites(server.get(Database), 1)
  await expect(adopt(server, repo.did)).rejects.toThrow('full')
  expect(plc.submissions).toBe(0)
  await undone()
})

it('is taken back with the repository that is deleted meanwhile', async () => {
  plc.mood = 'fall-silent'
  await adopt(server, repo.did).catch(() => null)
  const { erased } = await server.get(CommandBus).execute(new DeleteAccount(repo.did))
  await erased()
  plc.down = false
  plc.mood = 'good'
  server = await server.restart()
  for (const table of ['account', 'handle_claim', 'signing_key', 'outbox', 'repo'])
    expect([table, await rows(server, table)]).toEqual([table, 0])
  expect(await eventsOf(server, repo.did)).toEqual(['account'])
  await checkInvariants(read(), 'outside')
})

it('survives kill -9, whatever the directory was doing', async () => {
  const build = await buildServer()
  const directory = scratchDirectory()
  const prepared = await startTestServer(env, directory)
  const kept: [Mood, SampleRepo][] = []
  for (const mood of ['lose-operation', 'hang'] as const) kept.push([mood, await keep(prepared.app)])
  await prepared.close()
  plc.submissions = 0
  const look = async <T>(fn: (database: Reader) => Promise<T>): Promise<T> => {
    const database = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
    return fn(database.read).finally(() => database.close())
  }
  const child = await ChildServer.start(build.main, directory, { env })
  const asked: Promise<unknown>[] = []
  for (const [mood, { did }] of kept) {
    plc.mood = mood
    const input = { did, email: `${mood}@example.com`, password: 'carla-password', handle: `${mood}.here.test` }
    const authorization = `Basic ${btoa('admin:admin-password')}`
    const body = JSON.stringify({ ...input, rotationKey: hexOf(operator) })
    const headers = { authorization, 'content-type': 'application/json' }
    asked.push(fetch(`${child.url}/admin/accounts/adopt`, { method: 'POST', headers, body }).catch(() => null))
    const arrived = (): boolean => (mood === 'hang' ? plc.logs.get(did)!.length > 1 : plc.submissions > 0)
    await eventually(() => Promise.resolve(arrived()))
  }
  await child.kill()
  await Promise.all(asked)
  for (const [, { did }] of kept)
    expect(await look((database) => readRepo(database, did))).toMatchObject({ hosting: 'mirrored' })
  plc.mood = 'good'
  const next = await ChildServer.start(build.main, directory, { env })
  await eventually(() => look(async (database) => !(await database.get('SELECT 1 FROM outbox'))))
  await next.stop()
  expect(next.output).not.toMatch(/ERROR|WARN/)
  const { repos } = await look((database) => checkInvariants(database, 'outside'))
  expect([...repos.values()].map(({ hosted }) => hosted)).toEqual([true, true])
  rmSync(directory, { recursive: true })
  build.remove()
})
