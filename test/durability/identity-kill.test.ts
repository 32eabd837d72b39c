/** `kill -9` between any two steps of what changes an identity, a key or the life of an account: no half of it is there. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import * as dagCbor from '@ipld/dag-cbor'
import type { LogRow } from '../../src/modules/commit-log/commit-log.js'
import type { Reader } from '../../src/modules/database/database.js'
import { SqliteDatabase } from '../../src/modules/database/sqlite-database.js'
import { formatUpdate } from '../../src/modules/identity/plc/genesis.js'
import { type PlcOperation, type PlcState, stateOf } from '../../src/modules/identity/plc/operation.js'
import { SigningKey } from '../../src/repo-engine/index.js'
import { eventually } from '../modules/account/adopting.js'
import { admin, ADMIN, freePort } from '../modules/account/owners.js'
import { buildServer, ChildServer, scratchDirectory } from '../support/crash.js'
import { checkInvariants, type EventBody } from '../support/invariants.js'
import { PlcStub } from '../support/plc-stub.js'
import { ask, NOTE, signUp, type Owner } from './load.js'

const ROUNDS = Number(process.env.SKYLOG_KILL_ROUNDS ?? 5)

let build: Awaited<ReturnType<typeof buildServer>>
let directory: string
let server: ChildServer | undefined
let plc: PlcStub | undefined
let env: Record<string, string>

beforeAll(async () => (build = await buildServer()))
afterAll(() => build.remove())
beforeEach(async () => {
  directory = scratchDirectory()
  env = { ...ADMIN, PDS_PORT: await freePort() }
})
afterEach(async () => {
  await server?.kill()
  await plc?.close()
  plc = undefined
  rmSync(directory, { recursive: true, force: true })
})

const start = async (): Promise<ChildServer> => (server = await ChildServer.start(build.main, directory, { env }))
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Reads the database of the running server from outside. */
async function look<T>(fn: (read: Reader) => Promise<T>): Promise<T> {
  const database = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
  return fn(database.read).finally(() => database.close())
}

/** As {@link look}, at one moment at which nothing is being done any more. */
async function lookWhenSettled(fn: (read: Reader) => Promise<void>): Promise<void> {
  const database = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
  const isSettled = async (read: Reader): Promise<boolean> =>
    !(await read.get("SELECT 1 FROM outbox UNION ALL SELECT 1 FROM repo WHERE status = 'deleted'"))
  const tryIt = (): Promise<boolean> =>
    database.snapshot(async (read) => {
      if (!(await isSettled(read))) return false
      await fn(read)
      return true
    })
  await eventually(tryIt).finally(() => database.close())
}

const outboxIsEmpty = (): Promise<boolean> => look(async (read) => !(await read.get('SELECT 1 FROM outbox')))
const write = ({ did, accessJwt }: Owner): Promise<unknown> =>
  ask(server!.url, 'com.atproto.repo.createRecord', { repo: did, collection: NOTE, record: { n: 1 } }, accessJwt)

function rotate(body: object): Promise<string> {
  const headers = { authorization: admin, 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  return fetch(`${server!.url}/admin/keys/rotate`, init).then((response) => response.text())
}

/** What is said of an account in its identity, on its rows and in its log is one and the same. */
async function checkAgreement(read: Reader, operationOf: (did: string) => Promise<PlcOperation>): Promise<void> {
  const accounts = await read.all<{ did: string; handle: string; public_key: string; status: string | null }>(
    `SELECT a.did, a.handle, k.public_key, r.status FROM account a
     JOIN signing_key k ON k.did = a.did JOIN repo r ON r.did = a.did`,
  )
  for (const { did, handle, public_key, status } of accounts) {
    const log = await read.all<LogRow>('SELECT * FROM commit_log WHERE did = ? ORDER BY seq', did)
    const last = (kind: string): EventBody & { handle?: string } => bodyOf(log.findLast((row) => row.kind === kind)!)
    const { alsoKnownAs, verificationMethods } = stateOf(await operationOf(did)) as PlcState
    expect([did, alsoKnownAs[0], verificationMethods.atproto]).toEqual([did, `at://${handle}`, public_key])
    expect([did, last('identity').handle, last('account').status ?? null]).toEqual([did, handle, status])
    const [, ...later] = log.flatMap(({ kind }, at) => (kind === 'account' ? [at] : []))
    for (const at of later)
      if (bodyOf(log[at]!).status === undefined) {
        const told = log.slice(at, at + 3)
        expect(told.map(({ kind }) => kind)).toEqual(['account', 'identity', 'sync'])
        expect(told.map(({ seq }) => seq)).toEqual([0, 1, 2].map((n) => told[0]!.seq + n))
      }
  }
}

function bodyOf({ kind, frame }: LogRow): EventBody & { handle?: string } {
  return dagCbor.decode(frame!.subarray(dagCbor.encode({ op: 1, t: `#${kind}` }).length))
}

it.each([
  ['before the directory has the operation', 'lose-operation'],
  ['after the directory has it', 'hang'],
  ['while nobody can tell whether it has it', 'fall-silent'],
] as const)(
  'a handle, an operation and a signing key are changed in whole, killed %s',
  async (_, mood) => {
    plc = await PlcStub.start()
    const directoryOutside = plc
    env = { ...env, PDS_DID_PLC_URL: plc.url }
    const { url } = await start()
    const owner = SigningKey.generate()
    const owners: Owner[] = []
    for (const name of ['alice', 'bob', 'carla']) {
      const body = {
        handle: `${name}.test`,
        email: `${name}@example.com`,
        password: 'a-password',
        recoveryKey: owner.didKey,
      }
      owners.push({ name, ...(await ask<Omit<Owner, 'name'>>(url, 'com.atproto.server.createAccount', body)) })
    }
    const [alice, bob, carla] = owners as [Owner, Owner, Owner]
    const last = (did: string): PlcOperation => directoryOutside.logs.get(did)!.at(-1)!.operation
    const operation = formatUpdate(last(bob.did), { alsoKnownAs: ['at://bob.test', 'https://bob.example'] }, owner)
    const changes = [
      () => ask(url, 'com.atproto.identity.updateHandle', { handle: 'alicia.test' }, alice.accessJwt),
      () => ask(url, 'com.atproto.identity.submitPlcOperation', { operation }, bob.accessJwt),
      () => rotate({ signing: true, rotation: false, account: carla.did }),
    ]
    const asked: Promise<unknown>[] = []
    for (const change of changes) {
      plc.down = false
      plc.mood = mood
      const { submissions } = plc
      asked.push(change().catch(() => null))
      await eventually(() => Promise.resolve(plc!.submissions > submissions))
    }
    await server!.kill()
    await Promise.all(asked)
    plc.down = false
    plc.mood = 'good'
    await start()
    await eventually(outboxIsEmpty)
    for (const account of owners) await write(account)
    await server!.stop()
    expect(server!.output).not.toMatch(/ERROR|WARN/)
    await look(async (read) => {
      await checkInvariants(read, 'outside')
      await checkAgreement(read, (did) => Promise.resolve(last(did)))
      for (const { did } of owners) expect(plc!.logs.get(did)).toHaveLength(2)
      const handles = await read.all('SELECT handle FROM account ORDER BY handle')
      expect(handles).toEqual(['alicia.test', 'bob.test', 'carla.test'].map((handle) => ({ handle })))
      expect(await read.all('SELECT did FROM retired_key')).toEqual([{ did: carla.did }])
    })
  },
  60_000,
)

it("killed while the server's rotation key is replaced: every identity is held by a key that is kept, and it goes on", async () => {
  plc = await PlcStub.start()
  env = { ...env, PDS_DID_PLC_URL: plc.url }
  await start()
  const owners: Owner[] = []
  for (let i = 0; i < 6; i++) owners.push(await signUp(server!.url, `dan${i}`))
  const keyOf = (did: string): string => stateOf(plc!.logs.get(did)!.at(-1)!.operation)!.rotationKeys.at(-1)!
  const old = keyOf(owners[0]!.did)
  const moved = (): number => owners.filter(({ did }) => keyOf(did) !== old).length
  for (const least of [1, 3, 5]) {
    const asked = rotate({ signing: false, rotation: true, account: null }).catch(() => null)
    while (moved() < least) await sleep(1)
    await server!.kill()
    await asked
    await start()
    // Whoever is moved already, or not yet: a change of handle finds the key that it needs.
    for (const [i, { did, accessJwt }] of owners.entries()) {
      const handle = `dan${i}x${least}.test`
      await ask(server!.url, 'com.atproto.identity.updateHandle', { handle }, accessJwt)
      expect(stateOf(plc.logs.get(did)!.at(-1)!.operation)!.alsoKnownAs).toEqual([`at://${handle}`])
    }
  }
  const lines = (await rotate({ signing: false, rotation: true, account: null })).trim().split('\n')
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ result: { formerKeys: 0, leftOut: [] } })
  expect(moved()).toBe(owners.length)
}, 60_000)

it(
  `an account is active or not, and named and signed for by one key, whenever the blow falls (${ROUNDS} rounds)`,
  async () => {
    await start()
    const owners: Owner[] = []
    for (const name of ['alice', 'bob', 'carla']) owners.push(await signUp(server!.url, name))
    let changes = 0
    for (let round = 0; round < ROUNDS; round++) {
      const leaver = await signUp(server!.url, `leaver${round}`)
      const deleteAfter = new Date(Date.now() + 1500).toISOString()
      const { url } = server!
      const live = async ({ name, did, accessJwt }: Owner): Promise<void> => {
        for (;;) {
          await ask(url, 'com.atproto.server.deactivateAccount', {}, accessJwt)
          await fetch(`${url}/xrpc/com.atproto.server.activateAccount`, {
            method: 'POST',
            headers: { authorization: `Bearer ${accessJwt}` },
          })
          await write({ name, did, accessJwt })
          await ask(url, 'com.atproto.identity.updateHandle', { handle: `${name}-${changes++}.test` }, accessJwt)
          await rotate({ signing: true, rotation: false, account: did })
        }
      }
      const living = owners.map((owner) => live(owner).catch((error: unknown) => error))
      const leaving = ask(url, 'com.atproto.server.deactivateAccount', { deleteAfter }, leaver.accessJwt).then(
        () => true,
        () => false,
      )
      await sleep(20 + Math.random() * 600)
      await server!.kill()
      for (const error of await Promise.all(living)) expect(String(error)).toMatch(/fetch failed|terminated/)
      const left = await leaving
      await start()
      await lookWhenSettled(async (read) => {
        await checkInvariants(read)
        const operationOf = async (did: string): Promise<PlcOperation> => {
          const row = await read.get<{ operation: string }>(
            'SELECT operation FROM plc_operation WHERE did = ? ORDER BY seq DESC LIMIT 1',
            did,
          )
          return JSON.parse(row!.operation) as PlcOperation
        }
        await checkAgreement(read, operationOf)
        expect(await read.all('SELECT did FROM next_signing_key')).toEqual([])
        const status = await read.get<{ own_status: string | null }>(
          'SELECT own_status FROM repo WHERE did = ?',
          leaver.did,
        )
        const plan = await read.get('SELECT 1 FROM planned_deletion WHERE did = ?', leaver.did)
        // Deactivated and planned in one write, or neither; or gone already.
        if (status) expect(status.own_status === 'deactivated').toBe(plan !== undefined)
        if (left && status) expect(status.own_status).toBe('deactivated')
      })
      if (left)
        await eventually(() => look(async (read) => !(await read.get('SELECT 1 FROM repo WHERE did = ?', leaver.did))))
    }
    await lookWhenSettled(async (read) => void (await checkInvariants(read)))
    expect(changes).toBeGreaterThan(0)
  },
  30_000 + ROUNDS * 20_000,
)
