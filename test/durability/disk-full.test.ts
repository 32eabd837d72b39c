/** I8, I9: a disk that takes no more. Writes fail, the server does not, and nothing acknowledged is lost. */
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SqliteDatabase } from '../../src/modules/database/sqlite-database.js'
import { buildServer, ChildServer, scratchDirectory } from '../support/crash.js'
import { checkInvariants } from '../support/invariants.js'
import { ask, Importer, Refused, signUp, Writer } from './load.js'

/** A file may grow to this size only: the database fits at first, its write-ahead log soon does not. */
const LIMIT_KIB = 3000

let build: Awaited<ReturnType<typeof buildServer>>
let directory: string
let server: ChildServer | undefined

beforeAll(async () => (build = await buildServer()))
afterAll(() => build.remove())
beforeEach(() => (directory = scratchDirectory()))
afterEach(async () => {
  await server?.kill()
  rmSync(directory, { recursive: true, force: true })
})

it('writes fail, reads go on, and after a restart with room everything acknowledged is there', async () => {
  server = await ChildServer.start(build.main, directory, { fileLimitKiB: LIMIT_KIB })
  const { url } = server
  const alice = await signUp(url, 'alice')
  const bob = await signUp(url, 'bob')
  const dan = await signUp(url, 'dan')
  const writers = Array.from({ length: 8 }, (_, i) => new Writer(i % 2 ? alice : bob, `w${i}`, Math.random))
  for (const error of await Promise.all(writers.map((writer) => writer.run(url)))) {
    expect(error).toBeInstanceOf(Refused)
    expect(error).toMatchObject({ status: 500 })
  }
  expect(writers.reduce((sum, { acknowledged }) => sum + acknowledged, 0)).toBeGreaterThan(20)
  expect(statSync(join(directory, 'skylog.sqlite-wal')).size).toBeLessThanOrEqual(LIMIT_KIB * 1024)

  // It is still a server: it reads, and says of every write what has become of it.
  expect(server.running).toBe(true)
  await ask(url, '_health')
  for (const { did } of [alice, bob]) {
    await ask(url, `com.atproto.repo.listRecords?repo=${did}&collection=com.example.note`)
    const car = await fetch(`${url}/xrpc/com.atproto.sync.getRepo?did=${did}`)
    expect(car.status).toBe(200)
    expect((await car.arrayBuffer()).byteLength).toBeGreaterThan(1000)
  }
  const importer = new Importer(dan, 2000)
  expect(await importer.run(url)).toBeInstanceOf(Refused)
  await ask(url, 'com.atproto.server.createAccount', {
    handle: 'eve.test',
    email: 'eve@example.com',
    password: 'eve-password',
  }).catch((error: unknown) => expect(error).toBeInstanceOf(Refused))
  expect(server.running).toBe(true)
  await server.kill()

  server = await ChildServer.start(build.main, directory)
  const database = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
  const fold = await checkInvariants(database.read)
  await database.close()
  for (const writer of writers) writer.settle(fold)
  importer.settle(fold)
  const writer = writers[0]!
  const { acknowledged } = writer
  expect(await writer.run(server.url, () => writer.acknowledged === acknowledged + 5)).toBeNull()
})

it('a disk that is full from the start is told of at once, in one line', async () => {
  await expect(ChildServer.start(build.main, directory, { fileLimitKiB: 8 })).rejects.toThrow(/the server ended \(1\)/)
})
