/** Imports: the old repository or the new one, whatever comes in between, and nothing lying about afterwards. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Logger } from '@nestjs/common'
import { Database } from '../../../src/modules/database/database.js'
import { ImportStaging } from '../../../src/modules/repo/import-staging.js'
import { ask, carOf, NOTE, type Owner, Refused, signIn, signUp } from '../../durability/load.js'
import { failWrites, limitGrowth } from '../../support/crash.js'
import { checkInvariants, type Fold } from '../../support/invariants.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { eventually } from '../../support/eventually.js'

const RECORDS = 1000

let server: TestServer
let alice: Owner

beforeAll(async () => {
  server = await startTestServer()
  alice = await signUp(server.url, 'alice')
  // The server says what it could not write; here that is no news.
  Logger.overrideLogger(['fatal'])
})
afterAll(() => stopTestServer(server))

const database = (): Database => server.app.get(Database, { strict: false })
const load = (generation: number, records = RECORDS): Promise<object> =>
  ask(server.url, 'com.atproto.repo.importRepo', carOf(alice.did, generation, records), alice.accessJwt)
const create = (rkey: string): Promise<{ commit: { rev: string } }> =>
  ask(
    server.url,
    'com.atproto.repo.createRecord',
    { repo: alice.did, collection: NOTE, rkey, record: { $type: NOTE, text: rkey } },
    alice.accessJwt,
  )
const count = async (): Promise<number> =>
  (await database().read.get<{ n: number }>(
    'SELECT count(*) AS n FROM record JOIN repo USING (tree) WHERE did = ?',
    alice.did,
  ))!.n
function temporaryFiles(): string[] {
  const folder = join(server.directory, 'tmp')
  return existsSync(folder) ? readdirSync(folder) : []
}
/** Everything that was to be swept has been, and what is left is sound. */
async function checked(): Promise<Fold> {
  await server.app.get(ImportStaging, { strict: false }).swept()
  await eventually(() => temporaryFiles().length === 0)
  return checkInvariants(database().read)
}

it('puts a repository in place, in pieces, over the one before', async () => {
  await create('mine')
  await load(1)
  expect(await count()).toBe(RECORDS)
  const fold = await checked()
  expect(fold.repos.get(alice.did)!.records.size).toBe(RECORDS)
  const parts = await database().read.all('SELECT part_of FROM commit_log_part')
  expect(parts.length).toBeGreaterThan(3)
  await load(2)
  await checked()
})

it('takes an empty repository too', async () => {
  await load(3, 0)
  expect(await count()).toBe(0)
  await create('again')
  await checked()
})

it('goes on from the new head afterwards, with a greater rev', async () => {
  await load(4)
  const { rev } = await ask<{ rev: string }>(server.url, `com.atproto.sync.getLatestCommit?did=${alice.did}`)
  const { commit } = await create('on-top')
  expect(commit.rev > rev).toBe(true)
  expect(await count()).toBe(RECORDS + 1)
  await checked()
})

it('lets writers wait for it, and readers see the old repository until it is in place', async () => {
  const seen = new Set<number>()
  let busy = true
  const reading = (async () => {
    while (busy) {
      seen.add(await count())
      await new Promise(setImmediate)
    }
  })()
  const before = await count()
  const importing = load(5, 2500).then(() => (busy = false))
  await new Promise((resolve) => setTimeout(resolve, 60))
  const written = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => create(`during-${i}`)))
  await importing
  await reading
  expect(written.every(({ status }) => status === 'fulfilled')).toBe(true)
  for (const n of seen) expect([before, 2500].some((base) => n >= base && n <= base + 8)).toBe(true)
  await checked()
})

it('is refused while another one of the same repository is under way, and another one may come after', async () => {
  const results = await Promise.allSettled([load(6), load(7)])
  const refused = results.filter((result) => result.status === 'rejected')
  expect(refused).toHaveLength(1)
  expect(refused[0]!.reason).toMatchObject({ status: 409 })
  await load(8)
  await checked()
})

it.each([
  ['garbage', (car: Buffer) => Buffer.alloc(car.length, 7)],
  ['cut short', (car: Buffer) => car.subarray(0, car.length >> 1)],
  ['with a block changed', (car: Buffer) => Buffer.concat([car.subarray(0, -1), Buffer.from([car.at(-1)! ^ 1])])],
  ['of somebody else', () => carOf('did:plc:ewvi7nxzyoun6zhxrhs64oiz', 9, 10)],
])('I8 of a CAR that is %s changes nothing', async (_, spoil) => {
  const before = await count()
  const bad = spoil(carOf(alice.did, 9, 50))
  const attempt = ask(server.url, 'com.atproto.repo.importRepo', bad, alice.accessJwt)
  await expect(attempt).rejects.toMatchObject({ status: 400 })
  expect(await count()).toBe(before)
  await checked()
})

describe('on a disk that is full', () => {
  // Writes of an import: the new tree's number, its pieces, then the one that puts it in place.
  it.each([0, 1, 2, 3])('leaves the old repository, and nothing of its own, when its write %i fails', async (n) => {
    const before = await count()
    failWrites(database(), 1, n)
    await expect(load(10 + n, 1000)).rejects.toBeInstanceOf(Refused)
    expect(await count()).toBe(before)
    await checked()
    await create(`after-failure-${n}`)
  })

  it('leaves the old repository when there is no room in the middle of it', async () => {
    const before = await count()
    limitGrowth(database(), 40)
    await expect(load(20, 3000)).rejects.toMatchObject({ status: 500 })
    limitGrowth(database(), null)
    expect(await count()).toBe(before)
    await checked()
    await load(21)
    await checked()
  })
})

it('of a client that hangs up in the middle leaves nothing', async () => {
  const before = await count()
  const stop = new AbortController()
  const car = carOf(alice.did, 30, 3000)
  async function* slowly(): AsyncGenerator<Uint8Array> {
    yield car.subarray(0, car.length >> 1)
    await eventually(() => temporaryFiles().length > 0)
    stop.abort()
    await new Promise(() => undefined)
  }
  const headers = { 'content-type': 'application/vnd.ipld.car', authorization: `Bearer ${alice.accessJwt}` }
  const request = { method: 'POST', headers, body: slowly(), duplex: 'half', signal: stop.signal }
  await expect(
    fetch(`${server.url}/xrpc/com.atproto.repo.importRepo`, request as unknown as RequestInit),
  ).rejects.toThrow()
  await checked()
  expect(await count()).toBe(before)
  await load(31)
})

it('goes on sweeping after a restart', async () => {
  await load(40)
  await load(41)
  server = await server.restart()
  Logger.overrideLogger(['fatal'])
  alice = await signIn(server.url, 'alice')
  await checked()
  await create('last')
  await checked()
})
