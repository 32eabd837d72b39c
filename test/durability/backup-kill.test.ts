/**
 * A server that ships what it writes is killed and its disk is lost: nothing that was shipped is, and whoever has followed it
 * goes on following it.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeNewIdentity } from '../../src/modules/backup/backup-identity.js'
import type { BackupFigures } from '../../src/modules/backup/backup-status.js'
import { verifyBackup } from '../../src/modules/cli/backup-anywhere.js'
import { type Restored, restoreBackup } from '../../src/modules/cli/restore-backup.js'
import type { LogRow } from '../../src/modules/commit-log/commit-log.js'
import { Config } from '../../src/modules/config/config.js'
import { SqliteDatabase } from '../../src/modules/database/sqlite-database.js'
import { Consumer } from '../e2e/firehose/consumer.js'
import { MortalServer } from '../e2e/firehose/mortal-server.js'
import { keyOf, repositoryOf } from '../e2e/firehose/repositories.js'
import { followStrictly, Witness } from '../e2e/firehose/witness.js'
import { admin, ADMIN } from '../modules/account/owners.js'
import { buildServer } from '../support/crash.js'
import { checkInvariants } from '../support/invariants.js'
import { NOTE, ask, type Owner, signUp, Writer } from './load.js'

const scratch = mkdtempSync(join(tmpdir(), 'skylog-backup-'))
const identity = join(scratch, 'backup.age')
let build: Awaited<ReturnType<typeof buildServer>>
let server: MortalServer
let directory: string
let target: string

beforeAll(async () => {
  build = await buildServer()
  await writeNewIdentity(identity, '2026-01-01T00:00:00Z')
})
afterAll(() => {
  build.remove()
  rmSync(scratch, { recursive: true, force: true })
})

async function figures(): Promise<BackupFigures> {
  const response = await fetch(`${server.url}/admin/backups`, { headers: { authorization: admin } })
  return (await response.json()) as BackupFigures
}

/** Waits for something, and says what it has waited for in vain, with the log of the server. */
async function until(what: string, fn: () => boolean | Promise<boolean>): Promise<void> {
  for (const started = Date.now(); !(await fn()); await sleep(10))
    if (Date.now() - started > 200_000)
      throw new Error(`${what}: not in time. ${JSON.stringify(await figures())}\n${server.output.slice(-4000)}`)
}

/** What a promise gives, or, when it takes longer than it ever should, what has been waited for. */
async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  const never = new AbortController()
  const late = sleep(200_000, undefined, { signal: never.signal }).then(() => {
    throw new Error(`${what}: not in time\n${server.output.slice(-4000)}`)
  })
  late.catch(() => undefined)
  return Promise.race([promise, late]).finally(() => never.abort())
}

/** Every event of a log that goes out, by its number. */
async function framesIn(data: string): Promise<Map<number, string>> {
  const database = await SqliteDatabase.openReadOnly(join(data, 'skylog.sqlite'))
  try {
    const rows = await database.read.all<LogRow>('SELECT * FROM commit_log ORDER BY seq')
    return new Map(rows.map(({ seq, frame }) => [seq, frame?.toString('base64') ?? '']))
  } finally {
    await database.close()
  }
}

/** The disk is lost, and what is in the backup is put in its place. Gives how that went, and the lost log. */
async function loseAndRestore(
  lost: boolean,
  kind: object,
): Promise<{ restored: Restored; before: Map<number, string> }> {
  const wreck = mkdtempSync(join(scratch, 'wreck-'))
  cpSync(directory, wreck, { recursive: true })
  rmSync(directory, { recursive: true })
  const before = await framesIn(mkdirCopy(wreck))
  const wish = {
    source: target,
    endpoint: null,
    at: null,
    lost: lost ? wreck : null,
    ranSince: false,
    moveAside: false,
  }
  const restored = await restoreBackup(wish, (data = directory) =>
    Config.fromEnv({ ...kind, PDS_DATA_DIRECTORY: data }),
  )
  return { restored, before }
}

function mkdirCopy(from: string): string {
  const copy = mkdtempSync(join(scratch, 'copy-'))
  cpSync(from, copy, { recursive: true })
  return copy
}

describe.each([
  ['in the clear', {}],
  ['encrypted', { BACKUP_IDENTITY_FILE: identity }],
])('a backup that is %s', (_, kind) => {
  beforeAll(async () => {
    const folder = mkdtempSync(join(scratch, 'server-'))
    ;[directory, target] = [join(folder, 'data'), join(folder, 'backup')]
    const shipping = { BACKUP_TARGET: target, BACKUP_INTERVAL: '100', BACKUP_SNAPSHOT_INTERVAL: '60000' }
    server = await MortalServer.start(build.main, directory, { ...ADMIN, ...kind, ...shipping })
  })
  afterAll(() => server.end())

  it('what was shipped comes back, nothing is told in two ways, and everybody follows on', async () => {
    const owners: Owner[] = []
    for (const name of ['alice', 'bob', 'carla']) owners.push(await signUp(server.url, name))
    const [consumer, witness] = [new Consumer(server), new Witness(server)]
    for (const round of [0, 1, 2]) {
      await until('a snapshot', async () => (await figures()).snapshot !== null)
      const writers = [0, 1, 2, 3, 4, 5].map((i) => new Writer(owners[i % 3]!, `r${round}w${i}`, Math.random))
      const load = writers.map((writer) => writer.run(server.url))
      const first = await until('a piece', async () => (await figures()).shippedSeq !== null).then(figures)
      await until('more pieces', async () => (await figures()).shippedSeq! > first.shippedSeq! + 40)
      await sleep(Math.random() * 300)
      const { shippedSeq } = await figures()
      let outcome!: Awaited<ReturnType<typeof loseAndRestore>>
      const seen = witness.last
      await inTime(
        'killed, restored and started',
        server.killAndRestartAfter(async () => (outcome = await loseAndRestore(round === 1, kind))),
      )
      await inTime('the writers', Promise.all(load))

      const { restored, before } = outcome
      expect(restored).toMatchObject({ isAll: round === 1, problems: [], repos: 3, endProblem: null })
      expect(restored.floor).toBeGreaterThanOrEqual(Math.max(seen, ...before.keys()))
      const after = await framesIn(directory)
      // What was said to be shipped is there, byte for byte; so is all else that is there and was before.
      for (const [seq, frame] of before) if (seq <= shippedSeq!) expect([seq, after.get(seq)]).toEqual([seq, frame])
      for (const [seq, frame] of after) if (seq <= restored.floor) expect([seq, before.get(seq)]).toEqual([seq, frame])
      const database = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
      await checkInvariants(database.read).finally(() => database.close())
      for (const { did, accessJwt } of owners)
        await ask(
          server.url,
          'com.atproto.repo.putRecord',
          { repo: did, collection: NOTE, rkey: `after-${round}`, record: { $type: NOTE, text: 'goes on' } },
          accessJwt,
        )
    }
    for (const { did } of owners)
      await until('the consumer', () => consumer.repos.get(did)?.records.has(`${NOTE}/after-2`) ?? false)
    await until('the witness', () => witness.last >= consumer.cursor)
    await inTime('the end of the consumer', consumer.end())
    await inTime('the end of the witness', witness.end())

    expect(consumer.errors).toEqual([])
    expect(witness.problems).toEqual([])
    const frames = [...witness.frames].sort(([a], [b]) => a - b).map(([, frame]) => frame)
    const keys = new Map<string, string>()
    for (const { did } of owners) keys.set(did, await inTime('a key', keyOf(server, did)))
    const followed = followStrictly(frames, keys)
    for (const { did } of owners) {
      const { head, rev, records } = (await inTime('a repository', repositoryOf(server, did)))!
      expect(followed.get(did)).toMatchObject({ head, rev })
      expect(new Map([...consumer.repos.get(did)!.records].sort(([a], [b]) => (a < b ? -1 : 1)))).toEqual(records)
    }
  })

  it('killed over and over, the target stays sound, and what is left half written in it is swept', async () => {
    for (let round = 0; round < 3; round++) {
      await sleep(Math.random() * 400)
      await server.killAndRestart()
    }
    await server.stopAndRestart()
    await until('a snapshot', async () => (await figures()).snapshot !== null)
    const { problems } = await verifyBackup(target, null, Config.fromEnv(kind))
    expect(problems).toEqual({ count: 0, told: [] })
    expect(readdirSync(join(target, 'tmp')).length).toBeLessThan(30)
    expect(server.output).not.toMatch(/ERROR|WARN/)
  })
})
