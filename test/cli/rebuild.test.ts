/** `skylog rebuild`: on a data directory alone, beside a server, and through kill -9. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Database } from '../../src/modules/database/database.js'
import { SqliteDatabase } from '../../src/modules/database/sqlite-database.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'
import { dump } from '../support/dump.js'
import { community } from '../projections/replay/community.js'
import { project, skylog } from './run-cli.js'

let server: TestServer
let before: string
const databaseOf = (): Database => server.app.get(Database, { strict: false })
const port = (): string => new URL(server.url).port

/** Does something to the database while nobody has it. */
async function offline<T>(work: (database: SqliteDatabase) => Promise<T>): Promise<T> {
  const database = await SqliteDatabase.open(resolve(server.directory, 'skylog.sqlite'))
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

beforeAll(async () => {
  server = await startTestServer()
  await community(server, 20)
  // Enough for a rebuild to be interrupted.
  const eve = await server.signUp('eve')
  const record = { $type: 'app.bsky.feed.post', text: 'one of many', createdAt: new Date().toISOString() }
  const writes = Array.from({ length: 200 }, () => ({
    $type: 'com.atproto.repo.applyWrites#create' as const,
    collection: 'app.bsky.feed.post',
    value: record,
  }))
  for (let i = 0; i < 25; i++) await eve.com.atproto.repo.applyWrites({ repo: eve.assertDid, writes })
  before = await dump(databaseOf())
})
afterAll(() => stopTestServer(server))

describe('beside a server', () => {
  const run = (...args: string[]): ReturnType<typeof skylog> =>
    skylog(['rebuild', ...args, '--data', server.directory, '--json'], { PDS_PORT: port() })

  it('has that one do it', async () => {
    await databaseOf().write(async (tx) => tx.run('DELETE FROM bsky_like'))
    const { code, json } = await run('like')
    expect(code).toBe(0)
    expect(json()).toMatchObject({ differences: null })
    expect(json().projections).toContain('like')
    expect(await dump(databaseOf())).toBe(before)
  })

  it('says what differs, with exit code 1', async () => {
    expect(await run('--verify')).toMatchObject({ code: 0 })
    await databaseOf().write(async (tx) => tx.run('UPDATE bsky_post_stat SET likes = 99'))
    const { code, json } = await run('--verify')
    expect(code).toBe(1)
    expect(json().differences.map(({ table }: { table: string }) => table)).toEqual(['bsky_post_stat'])
    expect(await run()).toMatchObject({ code: 0 })
    expect(await dump(databaseOf())).toBe(before)
  })

  it('knows the names', async () => {
    const { code, stderr } = await run('likes')
    expect(code).toBe(1)
    expect(stderr).toMatch(/there is no projection likes; there are .*\blike\b/)
  })

  it('is for the operator alone, who may also ask how far it is', async () => {
    const url = `${server.url}/admin/rebuild`
    expect((await fetch(url)).status).toBe(401)
    expect((await fetch(url, { method: 'POST' })).status).toBe(401)
  })
})

describe('without a server', () => {
  it('does it here, and goes on after kill -9', async () => {
    await server.close()
    await offline((database) => database.write(async (tx) => void (await tx.run('DELETE FROM bsky_notification'))))
    const rebuild = ['rebuild', '--data', server.directory, '--json']
    const child = spawn(process.execPath, [resolve(project, 'bin/skylog.mjs'), ...rebuild], { stdio: 'ignore' })
    const ended = once(child, 'exit')
    const done = await firstStep()
    child.kill('SIGKILL')
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(done).toBeGreaterThan(0)

    const { code, json } = await skylog(rebuild)
    expect(code).toBe(0)
    const total = await offline((database) => count(database, 'SELECT count(*) AS n FROM commit_log'))
    expect(json().events).toBeLessThanOrEqual(total - done)
    expect(await offline((database) => dump(database))).toBe(before)
    server = await server.restart()
    expect(await dump(databaseOf())).toBe(before)
  })
})

/** Waits until some events, not all, have been replayed by another process, and gives their number. */
async function firstStep(): Promise<number> {
  const database = await SqliteDatabase.openReadOnly(resolve(server.directory, 'skylog.sqlite'))
  try {
    for (;;) {
      const done = await count(
        database,
        `SELECT count(*) AS n FROM commit_log
         WHERE seq <= (SELECT seq FROM projection_position WHERE name LIKE 'rebuild %')`,
      )
      if (done > 0) return done
      await delay(1)
    }
  } finally {
    await database.close()
  }
}

async function count(database: Database, sql: string): Promise<number> {
  return (await database.read.get<{ n: number }>(sql))!.n
}
