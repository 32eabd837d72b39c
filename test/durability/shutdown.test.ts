/** Asked to stop: what was promised is done, and nothing is left open. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CommitLog, type NewEvent } from '../../src/modules/commit-log/commit-log.js'
import { identityFrame } from '../../src/modules/commit-log/frame.js'
import { Database } from '../../src/modules/database/database.js'
import { SqliteDatabase } from '../../src/modules/database/sqlite-database.js'
import { buildServer, ChildServer, scratchDirectory } from '../support/crash.js'
import { checkInvariants } from '../support/invariants.js'
import { startTestServer } from '../support/server.js'
import { signUp, Writer } from './load.js'

let build: Awaited<ReturnType<typeof buildServer>>
let directory: string

beforeAll(async () => (build = await buildServer()))
afterAll(() => build.remove())
beforeEach(() => (directory = scratchDirectory()))
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const floorOf = (at: string): number => Number(readFileSync(join(at, 'seq.floor'), 'latin1'))

it('writes that wait when the server closes are written, numbers and mark included', async () => {
  const server = await startTestServer({}, directory)
  const database = server.app.get(Database, { strict: false })
  const log = server.app.get(CommitLog, { strict: false })
  const event: NewEvent = {
    did: 'did:plc:x',
    kind: 'identity',
    rev: null,
    cid: null,
    event: null,
    frame: identityFrame('did:plc:x', null),
  }
  const warnings: unknown[] = []
  const listen = (warning: unknown): void => void warnings.push(warning)
  process.on('warning', listen)
  const writes = Array.from({ length: 200 }, () => database.write((tx) => log.append(tx, [event])))
  await server.close()
  const rows = await Promise.all(writes)
  await new Promise(setImmediate)
  process.off('warning', listen)
  expect(warnings).toEqual([])
  expect(floorOf(directory)).toBe(rows.at(-1)![0]!.seq)
})

it('a child that is told to stop under load answers or drops its requests, and leaves one clean file', async () => {
  const server = await ChildServer.start(build.main, directory)
  const owner = await signUp(server.url, 'alice')
  const writers = Array.from({ length: 8 }, (_, i) => new Writer(owner, `w${i}`, Math.random))
  const load = writers.map((writer) => writer.run(server.url))
  await new Promise((resolve) => setTimeout(resolve, 300))
  await server.stop()
  await Promise.all(load)
  expect(server.output).not.toMatch(/ERROR|Warning|EBADF|Error/)
  expect(existsSync(join(directory, 'skylog.sqlite-wal'))).toBe(false)
  const database = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
  const fold = await checkInvariants(database.read)
  await database.close()
  for (const writer of writers) writer.settle(fold)
  expect(floorOf(directory)).toBe(fold.seqs.at(-1))
})
