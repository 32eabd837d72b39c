/** An account that is deleted leaves nothing here but the event that says so; also when the server dies meanwhile. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { CommandBus } from '@nestjs/cqrs'
import * as dagCbor from '@ipld/dag-cbor'
import { AccountRegistration } from '../../../src/modules/account/sign-up/account-registration.js'
import { EmailCodes } from '../../../src/modules/account/email-codes.js'
import { Totp } from '../../../src/modules/account/factors/totp.js'
import { PlannedDeletions } from '../../../src/modules/account/life/planned-deletions.js'
import { AppPasswords } from '../../../src/modules/account/sessions/app-passwords.js'
import { DeleteAccount } from '../../../src/modules/account/life/delete-account.js'
import { Outbox } from '../../../src/modules/outbox/outbox.js'
import type { LogRow } from '../../../src/modules/commit-log/commit-log.js'
import { Database, type Reader } from '../../../src/modules/database/database.js'
import { SqliteDatabase } from '../../../src/modules/database/sqlite-database.js'
import { ImportRepo } from '../../../src/modules/repo/import-repo.js'
import type { Did, Handle } from '../../../src/repo-engine/index.js'
import { Cid, SigningKey } from '../../../src/repo-engine/index.js'
import { ask, carOf, NOTE, type Owner, Refused, signIn, signUp } from '../../durability/load.js'
import { buildServer, ChildServer, failWrites, scratchDirectory } from '../../support/crash.js'
import { checkInvariants } from '../../support/invariants.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { eventually } from '../../support/eventually.js'

const env = { PDS_ADMIN_PASSWORD: 'admin-password' }
const SECRET = 'quokka'
const ADMIN = `Basic ${Buffer.from('admin:admin-password').toString('base64')}`

let server: TestServer

beforeEach(async () => (server = await startTestServer(env)))
afterEach(() => stopTestServer(server))

const database = (): Database => server.app.get(Database, { strict: false })
const commands = (): CommandBus => server.app.get(CommandBus, { strict: false })

async function deleteAccount(url: string, did: string): Promise<{ status: number; error?: string }> {
  const headers = { authorization: ADMIN, 'content-type': 'application/json' }
  const body = JSON.stringify({ did })
  const response = await fetch(`${url}/xrpc/com.atproto.admin.deleteAccount`, { method: 'POST', headers, body })
  const text = await response.text()
  return { status: response.status, ...(text ? (JSON.parse(text) as object) : {}) }
}

function write(url: string, owner: Owner, collection: string, record: object, rkey?: string): Promise<{ uri: string }> {
  const body = { repo: owner.did, collection, rkey, record: { $type: collection, ...record } }
  return ask(url, 'com.atproto.repo.createRecord', body, owner.accessJwt)
}

const erased = (read: Reader, did: string): Promise<void> =>
  eventually(async () => !(await read.get('SELECT 1 FROM repo WHERE did = ?', did)), 'what was deleted is gone')

/** Where in the database some text stands: `table.column`. */
async function placesOf(read: Reader, text: string): Promise<string[]> {
  const found: string[] = []
  const tables = await read.all<{ name: string }>(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%search%' AND name NOT LIKE 'sqlite%'`,
  )
  for (const { name } of tables)
    for (const { column } of await read.all<{ column: string }>(
      `SELECT name AS column FROM pragma_table_info('${name}')`,
    )) {
      const sql = `SELECT count(*) AS n FROM ${name} WHERE instr(CAST("${column}" AS BLOB), CAST(? AS BLOB)) > 0`
      const { n } = (await read.get<{ n: number }>(sql, text))!
      if (n > 0) found.push(`${name}.${column} ${n}`)
    }
  return found.sort()
}

/** Something of an account in every table that has a column for it. */
async function fillPrivateTables(did: string): Promise<string[]> {
  const tables = (
    await database().read.all<{ name: string }>(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'bsky_%' AND name NOT IN
         ('account', 'commit_log', 'handle_claim', 'plc_operation', 'repo', 'session', 'signing_key', 'tree', 'web_identity')
       AND EXISTS (SELECT 1 FROM pragma_table_info(sqlite_master.name) WHERE name = 'did')`,
    )
  ).map(({ name }) => name)
  for (const table of tables) {
    const columns = await database().read.all<{ name: string; type: string }>(
      `SELECT name, type FROM pragma_table_info('${table}')`,
    )
    const values = columns.map(({ name, type }) => {
      if (name === 'did') return did
      if (name === 'cid') return Cid.ofCbor(dagCbor.encode(SECRET)).bytes
      return type === 'INTEGER' ? 1 : `at://${SECRET}`
    })
    await database().write(async (tx) => {
      await tx.run(`INSERT INTO ${table} VALUES (${columns.map(() => '?').join(', ')})`, ...values)
    })
  }
  return tables
}

it('leaves one event, and nothing else that is of it', async () => {
  const { url } = server
  const [alice, bob] = [await signUp(url, 'alice'), await signUp(url, 'bob')]
  const createdAt = new Date().toISOString()
  const theirs = await write(url, bob, 'app.bsky.feed.post', { text: 'hello', createdAt })
  await write(url, alice, 'app.bsky.feed.post', { text: SECRET, createdAt })
  await write(url, alice, 'app.bsky.graph.follow', { subject: bob.did, createdAt })
  const cid = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
  await write(url, alice, 'app.bsky.feed.like', { subject: { uri: theirs.uri, cid }, createdAt })
  for (const generation of [1, 2])
    await ask(url, 'com.atproto.repo.importRepo', carOf(alice.did, generation, 1200), alice.accessJwt)
  for (let i = 0; i < 80; i++) await write(url, alice, NOTE, { text: `${SECRET} ${i}` })
  await write(url, alice, 'app.bsky.actor.profile', { displayName: SECRET }, 'self')
  const tables = await fillPrivateTables(alice.did)
  expect(tables.length).toBeGreaterThanOrEqual(10)
  expect(await placesOf(database().read, SECRET)).not.toEqual([])

  expect(await deleteAccount(url, alice.did)).toEqual({ status: 200 })
  await erased(database().read, alice.did)
  const rows = await database().read.all<LogRow>('SELECT * FROM commit_log WHERE did = ?', alice.did)
  expect(rows).toMatchObject([{ kind: 'account', rev: null, cid: null, event: null }])
  const header = dagCbor.encode({ op: 1, t: '#account' })
  const { seq, time, frame } = rows[0]!
  expect(dagCbor.decode(frame!.subarray(header.length))).toEqual({
    ...{ seq, time, did: alice.did },
    ...{ active: false, status: 'deleted' },
  })
  expect(await placesOf(database().read, SECRET)).toEqual([])
  expect(await placesOf(database().read, alice.did)).toEqual([
    // The operator's own log says who has deleted it.
    'action.subject 1',
    'bsky_actor.did 1',
    'commit_log.did 1',
    'commit_log.frame 1',
    'plc_operation.did 1',
  ])
  expect(await database().read.all('SELECT * FROM bsky_post_stat')).toEqual([])
  const fold = await checkInvariants(database().read)
  expect([...fold.repos.keys()]).toEqual([bob.did])
  server = await server.restart()
  await checkInvariants(database().read)
})

it('answers as if it had never been: at once, and when all is gone', async () => {
  const { url } = server
  const [alice, bob] = [await signUp(url, 'alice'), await signUp(url, 'bob')]
  await ask(url, 'com.atproto.repo.importRepo', carOf(alice.did, 1, 3000), alice.accessJwt)
  const notFound = { status: 400, message: expect.stringContaining('RepoNotFound') as string }
  const check = async (): Promise<void> => {
    const { did } = alice
    for (const query of [
      ...['getRepo', 'getLatestCommit', 'getRepoStatus'].map((name) => `com.atproto.sync.${name}?did=${did}`),
      `com.atproto.repo.describeRepo?repo=${did}`,
      `com.atproto.repo.listRecords?repo=${did}&collection=${NOTE}`,
      `com.atproto.sync.getRecord?did=${did}&collection=${NOTE}&rkey=k00001`,
    ])
      await expect(ask(url, query)).rejects.toMatchObject(notFound)
    await expect(ask(url, `com.atproto.repo.getRecord?repo=${did}&collection=${NOTE}&rkey=k00001`)).rejects.toThrow(
      '400',
    )
    await expect(write(url, alice, NOTE, {})).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('ExpiredToken') as string,
    })
    await expect(signIn(url, 'alice')).rejects.toMatchObject({ status: 401 })
    const { repos } = await ask<{ repos: { did: string }[] }>(url, 'com.atproto.sync.listRepos')
    expect(repos.map(({ did }) => did)).toEqual([bob.did])
    expect(await deleteAccount(url, did)).toMatchObject({ status: 400, error: 'AccountNotFound' })
  }
  const { erased } = await commands().execute(new DeleteAccount(alice.did as Did))
  await check()
  await erased()
  await check()
  await write(url, bob, NOTE, { text: 'still here' })
  // Its name is anybody's.
  const other = await signUp(url, 'alice')
  expect(other.did).not.toBe(alice.did)
  await write(url, other, NOTE, { text: 'new here' })
  await checkInvariants(database().read)
})

it('lets what is under way come to its end, and takes nothing on after it', async () => {
  const { url } = server
  const alice = await signUp(url, 'alice')
  const importing = ask(url, 'com.atproto.repo.importRepo', carOf(alice.did, 1, 2000), alice.accessJwt)
  const writes = Array.from({ length: 20 }, (_, i) => write(url, alice, NOTE, { text: `${i}` }))
  const deleting = deleteAccount(url, alice.did)
  const more = Array.from({ length: 20 }, (_, i) => write(url, alice, NOTE, { text: `${i}` }))
  const [deleted, ...results] = await Promise.allSettled([deleting, importing, ...writes, ...more])
  expect(deleted).toMatchObject({ value: { status: 200 } })
  for (const result of results)
    if (result.status === 'rejected') {
      expect(result.reason).toBeInstanceOf(Refused)
      // An import that was received before the end and put in place after it is told that the rest is being removed.
      if (result.reason.message.includes('ErasureInProgress')) expect(result).toBe(results[0])
      else expect([400, 401]).toContain((result.reason as Refused).status)
    }
  await erased(database().read, alice.did)
  await checkInvariants(database().read)
})

it('takes back what was promised for it, and for nobody else', async () => {
  const outbox = server.app.get(Outbox, { strict: false })
  const [alice, bob] = [await signUp(server.url, 'alice'), await signUp(server.url, 'bob')]
  const finished: string[] = []
  let release!: () => void
  const released = new Promise<void>((resolve) => (release = resolve))
  outbox.handle<{ did: string }>('wait', async ({ did }) => {
    await released
    return async () => void finished.push(did)
  })
  const ids: number[] = []
  await database().write(async (tx) => {
    for (const { did } of [alice, bob]) ids.push(await outbox.add(tx, 'wait', { did }))
  })
  const { erased } = await commands().execute(new DeleteAccount(alice.did as Did))
  release()
  await Promise.all(ids.map((id) => outbox.perform(id)))
  await erased()
  expect(finished).toEqual([bob.did])
  expect(await database().read.all('SELECT * FROM outbox')).toEqual([])
})

it('is owed nothing by what was asked for before its end and is done after it', async () => {
  const get = <T>(type: Function & { prototype: T }): T => server.app.get<T>(type, { strict: false })
  const alice = (await signUp(server.url, 'alice')).did as Did
  const { erased } = await commands().execute(new DeleteAccount(alice))
  await erased()
  await database().write((tx) => get(EmailCodes).send(tx, { did: alice }, 'delete_account'))
  const making = database().write((tx) => get(AppPasswords).create(tx, alice, 'late', false))
  await expect(making).rejects.toThrow()
  await database().write((tx) => get(PlannedDeletions).plan(tx, alice, 1))
  expect(await database().write((tx) => get(Totp).begin(tx, alice, 'alice.test'))).toBeNull()
  for (const table of ['totp', 'email_code', 'app_password', 'planned_deletion', 'outbox'])
    expect([table, await database().read.all(`SELECT * FROM ${table}`)]).toEqual([table, []])
})

it('can come back, once all is gone: as an account, and as an archived repository', async () => {
  const { url } = server
  const [alice, bob] = [await signUp(url, 'alice'), await signUp(url, 'bob')]
  const registration = server.app.get(AccountRegistration, { strict: false })
  const comeBack = (): Promise<void> =>
    registration.register(
      { did: alice.did as Did, handle: 'alice.test' as Handle, email: 'alice@example.com', password: '' },
      { did: alice.did as Did, key: SigningKey.generate(), origin: 'elsewhere' },
    )
  const options = { did: bob.did as Did, hosting: 'archived', key: null } as const
  async function* car(): AsyncGenerator<Uint8Array> {
    yield carOf(bob.did, 2, 100)
  }
  for (const { did, accessJwt } of [alice, bob])
    await ask(url, 'com.atproto.repo.importRepo', carOf(did, 1, 3000), accessJwt)
  const first = await commands().execute(new DeleteAccount(alice.did as Did))
  await expect(comeBack()).rejects.toMatchObject({ status: 409, error: 'ErasureInProgress' })
  await first.erased()
  await comeBack()
  const second = await commands().execute(new DeleteAccount(bob.did as Did))
  await expect(commands().execute(new ImportRepo(car(), options))).rejects.toMatchObject({ status: 409 })
  await second.erased()
  await checkInvariants(database().read)
  await commands().execute(new ImportRepo(car(), options))
  const kinds = await database().read.all<{ kind: string }>(
    'SELECT kind FROM commit_log WHERE did = ? ORDER BY seq',
    bob.did,
  )
  expect(kinds.map(({ kind }) => kind)).toEqual(['account', 'import', ...kinds.slice(2).map(() => 'part')])

  // And go again, both: one event remains of each.
  for (const { did } of [alice, bob]) await (await commands().execute(new DeleteAccount(did as Did))).erased()
  const left = await database().read.all<{ did: string }>('SELECT did FROM commit_log ORDER BY did')
  expect(left.map(({ did }) => did)).toEqual([alice.did, bob.did].sort())
  await checkInvariants(database().read)
})

it('tells an operator with a wrong password, or of a wrong account, so', async () => {
  const alice = await signUp(server.url, 'alice')
  const headers = { authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}` }
  const { status } = await fetch(`${server.url}/xrpc/com.atproto.admin.deleteAccount`, { method: 'POST', headers })
  expect(status).toBe(401)
  expect(await deleteAccount(server.url, 'did:plc:ewvi7nxzyoun6zhxrhs64oiz')).toMatchObject({
    status: 400,
    error: 'AccountNotFound',
  })
  await write(server.url, alice, NOTE, { text: 'still here' })
})

it('is there in whole when its first write fails, and is removed later when a later one does', async () => {
  const alice = await signUp(server.url, 'alice')
  failWrites(database(), 1)
  await expect(commands().execute(new DeleteAccount(alice.did as Did))).rejects.toThrow('full')
  await write(server.url, alice, NOTE, { text: 'still here' })
  failWrites(database(), 1, 2)
  const { erased: first } = await commands().execute(new DeleteAccount(alice.did as Did))
  await expect(first()).rejects.toThrow('full')
  await erased(database().read, alice.did)
  await checkInvariants(database().read)
})

it('is gone at last, however often the server is killed meanwhile', async () => {
  const build = await buildServer()
  const directory = scratchDirectory()
  const start = (): Promise<ChildServer> => ChildServer.start(build.main, directory, { env })
  const look = async <T>(fn: (read: Reader) => Promise<T>): Promise<T> => {
    const other = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
    return fn(other.read).finally(() => other.close())
  }
  let child = await start()
  const [alice, bob] = [await signUp(child.url, 'alice'), await signUp(child.url, 'bob')]
  for (const generation of [1, 2, 3])
    await ask(child.url, 'com.atproto.repo.importRepo', carOf(alice.did, generation, 6000), alice.accessJwt)
  await write(child.url, bob, NOTE, { text: 'still here' })
  const rows = async (read: Reader): Promise<number> =>
    (await read.get<{ n: number }>(
      'SELECT (SELECT count(*) FROM commit_log_part) + (SELECT count(*) FROM record) + (SELECT count(*) FROM tree_node) AS n',
    ))!.n
  const isThere = async (read: Reader): Promise<boolean> =>
    (await read.get('SELECT 1 FROM repo WHERE did = ?', alice.did)) !== undefined
  const all = await look(rows)
  expect(await deleteAccount(child.url, alice.did)).toEqual({ status: 200 })
  let halves = 0
  for (const part of [0.9, 0.6, 0.3]) {
    await look(async (read) => {
      while ((await isThere(read)) && (await rows(read)) > all * part) await new Promise(setImmediate)
    })
    await child.kill()
    if (await look(isThere)) halves++
    child = await start()
  }
  expect(halves).toBeGreaterThan(0)
  await look(async (read) => {
    await erased(read, alice.did)
    const fold = await checkInvariants(read)
    expect([...fold.repos.keys()]).toEqual([bob.did])
    expect(await read.all('SELECT * FROM outbox')).toEqual([])
  })
  await child.stop()
  expect(child.output).not.toMatch(/ERROR|WARN/)
  rmSync(directory, { recursive: true })
  build.remove()
})
