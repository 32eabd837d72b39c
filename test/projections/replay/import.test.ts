/** Imports are taken in piece by piece, and none of the pieces is lost. */
import { Logger } from '@nestjs/common'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { ask, signIn } from '../../durability/load.js'
import { repoOf } from '../../e2e/cars.js'
import { checkInvariants } from '../../support/invariants.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { databaseOf, dumpOf, rebuildOf } from './community.js'

const LIKE = 'app.bsky.feed.like'
const POST = 'app.bsky.feed.post'
const CREATED_AT = '2026-01-01T00:00:00.000Z'

let server: TestServer
let did: string
let accessJwt: string

beforeAll(async () => {
  // What could not be written is said; here that is no news.
  Logger.overrideLogger(['fatal'])
  server = await startTestServer()
  did = (await server.signUp('alice')).assertDid
  ;({ accessJwt } = await signIn(server.url, 'alice'))
})
afterAll(() => stopTestServer(server))

async function importRecords(records: Record<string, object>): Promise<void> {
  const { car } = await repoOf(
    did,
    Object.fromEntries(Object.entries(records).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  )
  await ask(server.url, 'com.atproto.repo.importRepo', car, accessJwt)
}
const post = (text: string): object => ({ $type: POST, text, createdAt: CREATED_AT })
const like = (n: number): object => {
  const subject = {
    uri: `at://${did}/${POST}/p${n}`,
    cid: 'bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq',
  }
  return { $type: LIKE, subject, createdAt: CREATED_AT }
}
/** A repository of some likes and posts; `generation` says which posts are others. */
function repository(likes: number, posts: number, generation = 0): Record<string, object> {
  const records: Record<string, object> = {}
  for (let n = 0; n < likes; n++) records[`${LIKE}/l${String(n).padStart(5, '0')}`] = like(n)
  for (let n = 0; n < posts; n++) records[`${POST}/p${n}`] = post(n % 2 ? `post ${n} of ${generation}` : `post ${n}`)
  return records
}
const count = async (table: string): Promise<number> =>
  (await databaseOf(server).read.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))!.n
const pieces = (): Promise<number> => count("commit_log WHERE kind = 'part'")

it('a repository is in the tables when the call returns, in pieces', async () => {
  await importRecords(repository(1500, 20))
  expect(await count('bsky_like')).toBe(1500)
  expect(await count('bsky_post')).toBe(20)
  expect(await pieces()).toBeGreaterThan(3)
  const before = await dumpOf(server)
  await rebuildOf(server).run([])
  expect(await dumpOf(server)).toBe(before)
})

it('the next one removes what it has not, and leaves alone what it has too', async () => {
  const indexedAt = async (rkey: string): Promise<number> =>
    (await databaseOf(server).read.get<{ at: number }>(
      'SELECT indexed_at AS at FROM bsky_post WHERE uri = ?',
      `at://${did}/${POST}/${rkey}`,
    ))!.at
  const before = await Promise.all([indexedAt('p2'), indexedAt('p3')])
  await importRecords(repository(10, 6, 1))
  expect(await count('bsky_like')).toBe(10)
  expect(await count('bsky_post')).toBe(6)
  const [same, changed] = await Promise.all([indexedAt('p2'), indexedAt('p3')])
  expect(same).toBe(before[0])
  expect(changed).toBeGreaterThan(before[1]!)
  const { differences } = await rebuildOf(server).run([], { verify: true })
  expect(differences).toEqual([])
})

it('one without records takes all away', async () => {
  await importRecords({})
  expect(await count('bsky_like')).toBe(0)
  expect(await count('bsky_post')).toBe(0)
  expect((await rebuildOf(server).run([], { verify: true })).differences).toEqual([])
})

it('a piece that cannot be written is tried until it can', async () => {
  const { append } = CommitLog.prototype
  const log = server.app.get(CommitLog, { strict: false })
  let fails = 1
  log.append = function (tx, events) {
    if (events[0]!.kind === 'part' && fails-- > 0) throw new Error('database or disk is full')
    return append.call(this, tx, events)
  }
  await importRecords(repository(600, 3))
  log.append = append
  expect(await count('bsky_like')).toBe(600)
  await checkInvariants(databaseOf(server).read)
})

it('pieces that a crash has cut off come at the next start, before anything else', async () => {
  const log = server.app.get(CommitLog, { strict: false })
  const { append } = CommitLog.prototype
  const before = await pieces()
  let left = 2
  log.append = function (tx, events) {
    if (events[0]!.kind === 'part' && left-- <= 0) throw new Error('the process is gone')
    return append.call(this, tx, events)
  }
  void importRecords(repository(1200, 7)).catch(() => undefined)
  while (left > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  while ((await pieces()) < before + 2) await new Promise((resolve) => setTimeout(resolve, 5))
  server = await server.restart()
  expect(await count('bsky_like')).toBe(1200)
  expect(await count('bsky_post')).toBe(7)
  const last = await databaseOf(server).read.get<{ kind: string }>(
    'SELECT kind FROM commit_log ORDER BY seq DESC LIMIT 1',
  )
  expect(last).toEqual({ kind: 'part' })
  expect((await rebuildOf(server).run([], { verify: true })).differences).toEqual([])
  await checkInvariants(databaseOf(server).read)
})
