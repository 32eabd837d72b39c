/** `skylog rebuild`: on a data directory alone, beside a server, and through kill -9. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
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
  await community(server)
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
    const child = spawn(process.execPath, [resolve(project, 'bin/skylog.mjs'), 'rebuild', '--data', server.directory], {
      env: { ...process.env, PDS_DATA_DIRECTORY: server.directory },
      stdio: 'ignore',
    })
    // Somewhere between its start and its end.
    const ended = once(child, 'exit')
    await Promise.race([ended, new Promise((done) => setTimeout(done, 1_500))])
    child.kill('SIGKILL')
    await ended
    const { code, stdout } = await skylog(['rebuild', '--data', server.directory])
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('Rebuilt') as string })
    expect(await offline((database) => dump(database))).toBe(before)
    server = await server.restart()
    expect(await dump(databaseOf())).toBe(before)
  })
})
