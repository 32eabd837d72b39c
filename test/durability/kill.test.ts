/** I9: `kill -9` at any moment. What was acknowledged is there; what was not is there in whole or not at all. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { LogRow } from '../../src/modules/commit-log/commit-log.js'
import type { Reader } from '../../src/modules/database/database.js'
import { SqliteDatabase } from '../../src/modules/database/sqlite-database.js'
import { buildServer, ChildServer, scratchDirectory } from '../support/crash.js'
import { checkInvariants, type Fold } from '../support/invariants.js'
import { Importer, likeForever, type Owner, Refused, signIn, signUp, Writer } from './load.js'
import { eventually } from '../support/eventually.js'

const ROUNDS = Number(process.env.SKYLOG_KILL_ROUNDS ?? 5)
const REPOS = ['alice', 'bob', 'carla']
const WRITERS = 16

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

const start = async (): Promise<ChildServer> => (server = await ChildServer.start(build.main, directory))
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Reads the database of the running server from outside. */
async function look<T>(fn: (read: Reader) => Promise<T>): Promise<T> {
  const database = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
  try {
    return await fn(database.read)
  } finally {
    await database.close()
  }
}

/** Everybody who has ever seen an event, by seq. */
class Witness {
  private readonly seen = new Map<number, string>()

  /** Keeps reading the log, as a subscriber would, until told to stop. */
  async watch(stop: () => boolean): Promise<void> {
    await look(async (read) => {
      for (let after = this.last(); !stop(); await sleep(5)) after = await this.take(read, after)
    })
  }

  /** Everything that anybody has seen is still there, byte for byte, under its number. */
  async check(read: Reader): Promise<void> {
    const before = new Map(this.seen)
    for (let after = 0, last = -1; after !== last;) {
      last = after
      after = await this.take(read, after)
    }
    for (const [seq, digest] of before) expect([seq, this.seen.get(seq)]).toEqual([seq, digest])
  }

  private async take(read: Reader, after: number): Promise<number> {
    const rows = await read.all<LogRow>('SELECT * FROM commit_log WHERE seq > ? ORDER BY seq LIMIT 500', after)
    for (const { seq, did, frame } of rows) {
      const digest = createHash('sha256')
        .update(did)
        .update(frame ?? '')
        .digest('hex')
      if (this.seen.has(seq) && this.seen.get(seq) !== digest) throw new Error(`I2 seq ${seq} was used twice`)
      this.seen.set(seq, digest)
    }
    return rows.at(-1)?.seq ?? after
  }

  private last(): number {
    return Math.max(0, ...this.seen.keys())
  }
}

async function settled(witness: Witness): Promise<Fold> {
  return look(async (read) => {
    await witness.check(read)
    return checkInvariants(read)
  })
}

it(
  `I9 no acknowledged write is lost by kill -9, nothing is there by half, no seq comes twice (${ROUNDS} rounds)`,
  async () => {
    const { url } = await start()
    const owners: Owner[] = []
    for (const name of REPOS) owners.push(await signUp(url, name))
    const dan = await signUp(url, 'dan')
    const writers = Array.from(
      { length: WRITERS },
      (_, i) => new Writer(owners[i % owners.length]!, `w${i}`, Math.random),
    )
    const importer = new Importer(dan)
    const witness = new Witness()
    const created: string[] = []
    let names = 0

    for (let round = 0; round < ROUNDS; round++) {
      const { url } = server!
      let dead = false
      const createAccounts = async (): Promise<unknown> => {
        try {
          for (;;) {
            const name = `new${names++}`
            await signUp(url, name)
            created.push(name)
          }
        } catch (error) {
          return error
        }
      }
      const load = [
        ...writers.map((writer) => writer.run(url)),
        importer.run(url),
        likeForever(url, owners[0]!),
        createAccounts(),
      ]
      const watching = witness.watch(() => dead)
      if (round === 0) await eventually(() => writers.some(({ acknowledged }) => acknowledged > 0))
      await sleep(30 + Math.random() * 700)
      await server!.kill()
      dead = true
      // Until the blow every request was served: whoever stopped, stopped because nobody answered any more.
      for (const error of await Promise.all(load)) {
        if (error instanceof Refused) throw error
        expect(String(error)).toMatch(/fetch failed|terminated/)
      }
      await watching

      await start()
      const fold = await settled(witness)
      for (const writer of writers) writer.settle(fold)
      importer.settle(fold)
      for (const name of created.splice(0)) await signIn(server!.url, name)
      expect(existsSync(join(directory, 'tmp')) ? readdirSync(join(directory, 'tmp')) : []).toEqual([])
    }
    expect(writers.reduce((sum, { acknowledged }) => sum + acknowledged, 0)).toBeGreaterThan(0)
    // The last restart serves as if nothing had happened, and ends as it should.
    const last = writers[0]!
    await last.run(server!.url, () => last.acknowledged % 10 === 9)
    last.settle(await settled(witness))
    await server!.stop()
    expect(server!.output).not.toMatch(/ERROR|WARN/)
  },
  300_000 + ROUNDS * 20_000,
)

it('killed in the middle of an import: the old repository is there, and nothing of the new one', async () => {
  await start()
  const dan = await signUp(server!.url, 'dan')
  const importer = new Importer(dan)
  const witness = new Witness()
  for (const rows of [0, 300, 1000]) {
    const importing = importer.run(server!.url)
    // The first import comes through; the blow falls when so many rows of the next one are written.
    const half = await look(async (read) => {
      for (;;) {
        const staged = await read.get<{ n: number }>(
          `SELECT count(record.path) AS n FROM tree LEFT JOIN record ON record.tree = tree.id
           WHERE state = 'staged' AND EXISTS (SELECT 1 FROM commit_log_part WHERE part_of <> tree.part_of) GROUP BY tree.id`,
        )
        if (staged && staged.n >= rows) return staged.n
        await sleep(3)
      }
    })
    await server!.kill()
    expect(half).toBeLessThanOrEqual(1500)
    await importing
    await start()
    importer.settle(await settled(witness))
    expect(importer.generation).toBeGreaterThan(0)
    expect(existsSync(join(directory, 'tmp')) ? readdirSync(join(directory, 'tmp')) : []).toEqual([])
  }
})

it('killed while it starts for the first time: the next start makes up for it', async () => {
  for (const ms of [250, 350, 450, 550, 650, 750]) {
    const starting = ChildServer.launch(build.main, directory)
    await sleep(ms)
    await starting.kill()
  }
  await start()
  const alice = await signUp(server!.url, 'alice')
  const writer = new Writer(alice, 'w', Math.random)
  expect(await writer.run(server!.url, () => writer.acknowledged >= 5)).toBeNull()
  writer.settle(await settled(new Witness()))
})

it('a second server on the same data directory is refused, and disturbs nothing', async () => {
  const { url } = await start()
  const alice = await signUp(url, 'alice')
  const attempt = ChildServer.start(build.main, directory)
  await expect(attempt).rejects.toThrow(/another skylog process uses this data directory; stop it first/)
  const writer = new Writer(alice, 'w', Math.random)
  expect(await writer.run(url, () => writer.acknowledged >= 5)).toBeNull()
  writer.settle(await settled(new Witness()))
})
