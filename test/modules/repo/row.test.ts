/** What the tables hold after any history is what the log tells: places of nodes, records, revs, links, heads. */
import { Logger } from '@nestjs/common'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { Database } from '../../../src/modules/database/database.js'
import { HeadMoved, readRepo, replaceRepo } from '../../../src/modules/repo/repo-row.js'
import { Cid } from '../../../src/repo-engine/index.js'
import { ask, NOTE, type Owner, Refused, signIn, signUp } from '../../durability/load.js'
import { failWrites } from '../../support/crash.js'
import { checkInvariants } from '../../support/invariants.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

let server: TestServer
let alice: Owner

beforeAll(async () => {
  server = await startTestServer()
  alice = await signUp(server.url, 'alice')
})
afterAll(() => stopTestServer(server))

const database = (): Database => server.app.get(Database, { strict: false })
const post = <Body = unknown>(method: string, body: object, owner = alice): Promise<Body> =>
  ask<Body>(server.url, `com.atproto.repo.${method}`, { repo: owner.did, ...body }, owner.accessJwt)

/** A sequence that is the same every time. */
function sequence(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

it.each([1, 2, 3])('I1, I4, I6, I7 hold over a random history (%i)', async (seed) => {
  const random = sequence(seed)
  const owner = await signUp(server.url, `random${seed}`)
  const held = new Set<string>()
  const frames = new Map<number, string>()
  for (let round = 0; round < 60; round++) {
    const writes = new Map<string, object>()
    for (let size = 1 + random(random(8) === 0 ? 40 : 4); size > 0; size--) {
      const rkey = `k${random(120)}`
      const write = (action: string, value?: object): object => ({
        $type: `com.atproto.repo.applyWrites#${action}`,
        collection: NOTE,
        rkey,
        value,
      })
      if (writes.has(rkey)) continue
      if (held.has(rkey) && random(3) > 0) {
        held.delete(rkey)
        writes.set(rkey, write('delete'))
      } else {
        writes.set(rkey, write(held.has(rkey) ? 'update' : 'create', { $type: NOTE, text: `${round} ${rkey}` }))
        held.add(rkey)
      }
    }
    await post('applyWrites', { writes: [...writes.values()] }, owner)
    if (round % 15 !== 14) continue
    await checkInvariants(database().read)
    // I7: what was signed and sent stays what it is.
    const rows = await database().read.all<{ seq: number; frame: Buffer }>(
      'SELECT seq, frame FROM commit_log ORDER BY seq',
    )
    for (const { seq, frame } of rows) {
      expect(frames.get(seq) ?? frame.toString('base64')).toBe(frame.toString('base64'))
      frames.set(seq, frame.toString('base64'))
    }
  }
  const records = await database().read.all<{ path: string }>(
    'SELECT path FROM record JOIN repo USING (tree) WHERE did = ? ORDER BY path',
    owner.did,
  )
  expect(records.map(({ path }) => path)).toEqual([...held].map((rkey) => `${NOTE}/${rkey}`).sort())
})

it('a server that starts on it goes on where the last one stopped', async () => {
  for (let start = 0; start < 3; start++) {
    server = await server.restart()
    alice = await signIn(server.url, 'alice')
    for (let i = 0; i < 25; i++)
      await post('putRecord', {
        collection: NOTE,
        rkey: `r${(i * 7 + start) % 40}`,
        record: { $type: NOTE, text: `${start} ${i}` },
      })
    await checkInvariants(database().read)
  }
})

describe('links', () => {
  const LIKE = 'app.bsky.feed.like'
  const FOLLOW = 'app.bsky.graph.follow'
  const cid = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
  const createdAt = '2026-01-01T00:00:00.000Z'
  const like = (n: number): object => ({
    $type: LIKE,
    subject: { uri: `at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jt5tsfbx2s${n}a`, cid },
    createdAt,
  })
  const links = (collection: string): Promise<{ subject: string; rkey: string }[]> =>
    Promise.resolve(
      database().read.all(
        'SELECT subject, rkey FROM record_link JOIN repo USING (tree) WHERE did = ? AND collection = ?',
        alice.did,
        collection,
      ),
    )

  it('say which record points where: one a subject, replaced, changed and deleted with their records', async () => {
    const { uri } = await post<{ uri: string }>('createRecord', { collection: LIKE, record: like(2) })
    await post('createRecord', { collection: LIKE, record: like(2) })
    await post('createRecord', { collection: LIKE, record: like(3) })
    expect(await links(LIKE)).toHaveLength(2)
    await checkInvariants(database().read)
    const rkey = (await links(LIKE))[0]!.rkey
    expect(uri.endsWith(rkey)).toBe(false)
    await post('putRecord', { collection: LIKE, rkey, record: like(4) })
    expect((await links(LIKE)).map(({ subject }) => subject.at(-2)).sort()).toEqual(['3', '4'])
    await post('deleteRecord', { collection: LIKE, rkey })
    expect((await links(LIKE)).map(({ subject }) => subject.at(-2))).toEqual(['3'])
    await checkInvariants(database().read)
  })

  it('hold under many writers of the same subject at once', async () => {
    const record = { $type: FOLLOW, subject: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz', createdAt }
    await Promise.all(Array.from({ length: 16 }, () => post('createRecord', { collection: FOLLOW, record })))
    expect(await links(FOLLOW)).toHaveLength(1)
    await checkInvariants(database().read)
  })

  it('hold when the commit that was to replace one fails', async () => {
    Logger.overrideLogger(['fatal'])
    const record = { $type: FOLLOW, subject: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz', createdAt }
    failWrites(database(), 1)
    const results = await Promise.allSettled(
      Array.from({ length: 4 }, () => post('createRecord', { collection: FOLLOW, record })),
    )
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1)
    expect(await links(FOLLOW)).toHaveLength(1)
    await checkInvariants(database().read)
    Logger.overrideLogger(['error', 'fatal'])
  })
})

it('I1 a commit is durable if and only if its log row is', async () => {
  Logger.overrideLogger(['fatal'])
  const log = server.app.get(CommitLog, { strict: false })
  const before = await log.lastSeq()
  failWrites(database(), 1)
  const write = { collection: NOTE, rkey: 'never', record: { $type: NOTE, text: 'x' } }
  await expect(post('createRecord', write)).rejects.toBeInstanceOf(Refused)
  expect(await log.lastSeq()).toBe(before)
  const { append } = log
  log.append = () => Promise.reject(new Error('no log'))
  await expect(post('createRecord', write)).rejects.toBeInstanceOf(Refused)
  log.append = append
  await expect(
    ask(server.url, `com.atproto.repo.getRecord?repo=${alice.did}&collection=${NOTE}&rkey=never`),
  ).rejects.toBeInstanceOf(Refused)
  await checkInvariants(database().read)
  await post('createRecord', write)
  expect(await log.lastSeq()).toBe(before + 1)
  await checkInvariants(database().read)
  Logger.overrideLogger(['error', 'fatal'])
})

it('a repository is not put in the place of one that has moved on', async () => {
  const repo = (await readRepo(database().read, alice.did))!
  const stale = { ...repo, head: Cid.ofCbor(new Uint8Array([0xa0])) }
  const attempt = database().write((tx) => replaceRepo(tx, stale, { ...repo, layer: 0 }, new Uint8Array([0xa0])))
  await expect(attempt).rejects.toBeInstanceOf(HeadMoved)
  await checkInvariants(database().read)
})
