/** `kill -9` while an invited account is being made with a PLC directory outside: a use of its code is neither lost nor doubled. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Reader } from '../../src/modules/database/database.js'
import { SqliteDatabase } from '../../src/modules/database/sqlite-database.js'
import { buildServer, ChildServer, scratchDirectory } from '../support/crash.js'
import { type Mood, PlcStub } from '../support/plc-stub.js'
import { eventually } from '../support/eventually.js'

const ADMIN = `Basic ${Buffer.from('admin:operator-password').toString('base64')}`

let build: Awaited<ReturnType<typeof buildServer>>
let plc: PlcStub
let directory: string
let server: ChildServer | undefined

beforeAll(async () => (build = await buildServer()))
afterAll(() => build.remove())
beforeEach(async () => {
  directory = scratchDirectory()
  plc = await PlcStub.start()
})
afterEach(async () => {
  await server?.kill()
  await plc.close()
  rmSync(directory, { recursive: true, force: true })
})

const start = async (): Promise<ChildServer> =>
  (server = await ChildServer.start(build.main, directory, {
    env: { PDS_DID_PLC_URL: plc.url, PDS_INVITE_REQUIRED: 'true', PDS_ADMIN_PASSWORD: 'operator-password' },
  }))

async function post(nsid: string, body: object, authorization = ''): Promise<{ status: number; json: any }> {
  const response = await fetch(`${server!.url}/xrpc/${nsid}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
    body: JSON.stringify(body),
  })
  return { status: response.status, json: await response.json() }
}

const newCode = async (useCount: number): Promise<string> =>
  (await post('com.atproto.server.createInviteCode', { useCount }, ADMIN)).json.code as string
const create = (name: string, inviteCode: string) =>
  post('com.atproto.server.createAccount', {
    ...{ handle: `${name}.test`, email: `${name}@example.com`, password: `${name}-password` },
    inviteCode,
  })

/** Reads the database of the running server from outside. */
async function look<T>(fn: (read: Reader) => Promise<T>): Promise<T> {
  const database = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
  try {
    return await fn(database.read)
  } finally {
    await database.close()
  }
}

/** How often a code was used, by its counter and by the list of who has. */
const usesOf = (code: string): Promise<{ used: number; listed: number; accounts: number }> =>
  look(
    async (read) =>
      (await read.get<{ used: number; listed: number; accounts: number }>(
        `SELECT used, (SELECT count(*) FROM invite_code_use u WHERE u.code = invite_code.code) AS listed,
           (SELECT count(*) FROM repo WHERE hosting = 'hosted') AS accounts
         FROM invite_code WHERE code = ?`,
        code,
      ))!,
  )

const isIdle = (): Promise<boolean> => look(async (read) => !(await read.get('SELECT 1 FROM outbox')))

/** Asks for an account, and kills the server once the directory has heard of it. */
async function killWhileCreating(code: string, mood: Mood): Promise<void> {
  plc.mood = mood
  const asked = create('alice', code).catch(() => null)
  await eventually(() => Promise.resolve(plc.submissions > 0))
  await server!.kill()
  await asked
  expect(await usesOf(code)).toEqual({ used: 1, listed: 1, accounts: 0 })
}

it.each(['lose-operation', 'hang'] as const)(
  'the account is finished by its code when the directory was at "%s"',
  async (mood) => {
    await start()
    const code = await newCode(1)
    await killWhileCreating(code, mood)
    plc.mood = 'good'
    plc.down = false
    await start()
    await eventually(isIdle)
    expect(await usesOf(code)).toEqual({ used: 1, listed: 1, accounts: 1 })
    const signIn = { identifier: 'alice.test', password: 'alice-password' }
    expect((await post('com.atproto.server.createSession', signIn)).status).toBe(200)
    expect((await create('bob', code)).json.error).toBe('InvalidInviteCode')
  },
)

it('the use is given back when the directory refuses in the end, and lets somebody else in', async () => {
  await start()
  const code = await newCode(1)
  await killWhileCreating(code, 'lose-operation')
  plc.mood = 'refuse'
  await start()
  await eventually(isIdle)
  expect(await usesOf(code)).toEqual({ used: 0, listed: 0, accounts: 0 })
  expect((await create('bob', code)).status).toBe(400)
  expect(await usesOf(code)).toEqual({ used: 0, listed: 0, accounts: 0 })
  plc.mood = 'good'
  expect((await create('bob', code)).status).toBe(200)
  expect(await usesOf(code)).toEqual({ used: 1, listed: 1, accounts: 1 })
})

it('whatever the moment, accounts and uses are as many', async () => {
  await start()
  const code = await newCode(100)
  for (let round = 0; round < 2; round++) {
    const many = Array.from({ length: 6 }, (_, i) => create(`person${round}x${i}`, code).catch(() => null))
    const before = plc.submissions
    await eventually(() => Promise.resolve(plc.submissions > before + round))
    await server!.kill()
    await Promise.all(many)
    await start()
    await eventually(isIdle)
    const { used, listed, accounts } = await usesOf(code)
    expect([used, listed]).toEqual([accounts, accounts])
    expect(plc.logs.size).toBe(accounts)
  }
})
