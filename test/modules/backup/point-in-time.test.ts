/** Any moment between snapshots comes back as it was, with what only this server knows, and what came after is left behind. */
import { join } from 'node:path'
import { BackupStatus } from '../../../src/modules/backup/backup-status.js'
import { Backups } from '../../../src/modules/backup/backups.js'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { Clock } from '../../../src/modules/config/clock.js'
import { Database, type Reader } from '../../../src/modules/database/database.js'
import { SqliteDatabase } from '../../../src/modules/database/sqlite-database.js'
import { ADMIN, admin, type Owner } from '../account/owners.js'
import { TestServer } from '../../support/account-app.js'
import { checkInvariants } from '../../support/invariants.js'
import { backUp, restore, scratch } from './backing-up.js'
import { eventually } from '../../support/eventually.js'

interface Moment {
  time: number
  state: string
  heads: string
  seq: number
}

const target = join(scratch(), 'backup')
const moments: Moment[] = []
const owners: Owner[] = []
let server: TestServer
let random: () => number

/** A small generator, so that every run does the same. */
function seeded(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32
  }
}

/** What there is to be seen of all accounts, and what is theirs alone. */
async function stateOf(read: Reader): Promise<string> {
  const sql = [
    'SELECT did, path, hex(record.cid) AS cid FROM record JOIN repo ON repo.tree = record.tree ORDER BY did, path',
    'SELECT did, handle, email FROM account ORDER BY did',
    'SELECT * FROM actor_mute ORDER BY 1, 2',
  ]
  const rows: unknown[] = []
  for (const one of sql) rows.push(await read.all(one))
  return JSON.stringify(rows)
}

async function notes(): Promise<Moment> {
  const { read } = server.get(Database)
  return {
    time: server.get(Clock).now(),
    state: await stateOf(read),
    heads: JSON.stringify(await read.all('SELECT did, rev, hex(head) AS head FROM repo ORDER BY did')),
    seq: await server.get(CommitLog).lastSeq(),
  }
}

async function doSomething(n: number): Promise<void> {
  const { did: repo, accessJwt: auth } = owners[Math.floor(random() * owners.length)]!
  const collection = 'app.bsky.feed.post'
  const rkey = `3jt5tsfbx2s${'234567abcdefgh'[Math.floor(random() * 14)]}a`
  const chance = random()
  const record = { text: `note ${n} ${'x'.repeat(random() * 2000)}`, createdAt: '2026-01-01T00:00:00Z' }
  const call = (nsid: string, body: object) => server.post(nsid, { auth, body })
  if (chance < 0.6) await call('com.atproto.repo.putRecord', { repo, collection, rkey, record })
  else if (chance < 0.75) await call('com.atproto.repo.deleteRecord', { repo, collection, rkey })
  else if (chance < 0.9)
    await call('app.bsky.graph.muteActor', { actor: owners[Math.floor(random() * owners.length)]!.did })
  else await call('com.atproto.identity.updateHandle', { handle: `n${n}.test` })
}

beforeAll(async () => {
  random = seeded(7)
  server = await TestServer.start({ ...ADMIN, BACKUP_TARGET: target, BACKUP_INTERVAL: '100' })
  for (const name of ['alice', 'bob', 'carla']) owners.push(await server.createAccount(name))
  await eventually(async () => server.get(BackupStatus).figures().snapshot !== null)
  for (let n = 0; n < 60; n++) {
    await doSomething(n)
    moments.push(await notes())
    server.advance(1000)
    // A generation in the middle of it all.
    if (n === 30)
      await server.get(Backups).run({ target: null, keep: null, endpoint: null, identityFile: null }, () => undefined)
    if (n === 45) owners.push(await server.createAccount('dan'))
  }
  await server.stop()
})
afterAll(() => server.close())

it('what was told of it is told', async () => {
  server = await server.restart({ ...ADMIN })
  const url = `${server.url}/admin/backups`
  expect((await fetch(url)).status).toBe(401)
  const figures = await (await fetch(url, { headers: { authorization: admin } })).json()
  expect(figures).toMatchObject({ target: null, failures: 0, snapshot: null })
  await server.stop()
})

it.each([2, 11, 29, 30, 31, 44, 47, 58, 59])('as it was after step %i', async (n) => {
  const { time, state, heads } = moments[n]!
  // Anywhere between this step and the next.
  const at = time + Math.floor((n % 10) * 99)
  const { directory, isAll, floor, mended, problems } = await restore(target, { at })
  expect({ isAll, problems }).toEqual({ isAll: true, problems: [] })
  const last = moments.at(-1)!
  expect(floor).toBeGreaterThanOrEqual(last.seq)
  const database = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
  try {
    expect(await stateOf(database.read)).toBe(state)
    // With the directory in it, the database has forgotten the identities that were made later.
    if (mended.gone.length === 0) await checkInvariants(database.read)
    // Those whose head is not the last one that anybody has seen have a new one, above it; the others are as they were.
    const there = JSON.parse(heads) as { did: string; rev: string; head: string }[]
    const end = new Map((JSON.parse(last.heads) as typeof there).map((repo) => [repo.did, repo]))
    for (const { did, head } of there) {
      const now = (await database.read.get<{ rev: string; head: string }>(
        'SELECT rev, hex(head) AS head FROM repo WHERE did = ?',
        did,
      ))!
      const seen = end.get(did)!
      if (now.head === head) expect(seen.head).toBe(head)
      else expect(now.rev > seen.rev).toBe(true)
    }
    expect(mended.gone).toEqual(n < 45 ? [owners[3]!.did] : [])
  } finally {
    await database.close()
  }
})

it('the directory that was lost tells the same', async () => {
  const at = moments[40]!.time
  const withIt = await restore(target, { at, lost: server.directory })
  expect(withIt).toMatchObject({ isAll: true, mended: { gone: [owners[3]!.did] } })
})

it('a backup that is made once knows nothing of what came after', async () => {
  const once = join(scratch(), 'once')
  server = await server.restart({ ...ADMIN })
  await backUp(server, once)
  await server.stop()
  expect(await restore(once)).toMatchObject({ isAll: false, mended: { signedAnew: 4 } })
  // Unless what came after is there: nothing did.
  expect(await restore(once, { lost: server.directory })).toMatchObject({ isAll: true, mended: { signedAnew: 0 } })
})
