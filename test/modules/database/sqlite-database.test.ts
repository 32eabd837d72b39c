import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import type { Reader } from '../../../src/modules/database/database.js'
import { OutOfReach, SqliteDatabase } from '../../../src/modules/database/sqlite-database.js'
import { readerOf, type Scratch, scratchDatabase, scratchDirectory, writerOf } from '../../support/crash.js'
import { setTimeout as sleep } from 'node:timers/promises'

let scratch: Scratch
let database: SqliteDatabase

beforeEach(async () => {
  scratch = await scratchDatabase()
  database = scratch.database
})
afterEach(() => scratch.remove())

const put = (k: string, v: string | null = null): Promise<number> =>
  database.write(async (tx) => tx.run('INSERT INTO t (k, v) VALUES (?, ?)', k, v))
const count = async (reader: Reader = database.read): Promise<number> =>
  (await reader.get<{ n: number }>('SELECT count(*) AS n FROM t'))!.n
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('connections', () => {
  it('writes ahead of the database file, and to the disk before a COMMIT returns', () => {
    expect(writerOf(database).pragma('journal_mode', { simple: true })).toBe('wal')
    expect(writerOf(database).pragma('synchronous', { simple: true })).toBe(2)
  })

  it('gives readers a connection that cannot write', () => {
    expect(readerOf(database)).not.toBe(writerOf(database))
    expect(() => readerOf(database).exec("INSERT INTO t (k) VALUES ('x')")).toThrow(/readonly/)
    expect(() => database.read.all("INSERT INTO t (k) VALUES ('x') RETURNING k")).toThrow(/readonly/)
  })

  it('gives snapshots a connection that cannot write', async () => {
    const attempt = database.snapshot(async (read) => read.all("INSERT INTO t (k) VALUES ('x') RETURNING k"))
    await expect(attempt).rejects.toThrow(/readonly/)
    await expect(database.snapshot((read) => count(read))).resolves.toBe(0)
  })

  it('never shows an open write to a reader or a snapshot', async () => {
    const seen: number[] = []
    await database.write(async (tx) => {
      await tx.run("INSERT INTO t (k) VALUES ('a')")
      seen.push(await count(), (await tx.get<{ n: number }>('SELECT count(*) AS n FROM t'))!.n)
      seen.push(await database.snapshot((read) => count(read)))
    })
    expect(seen).toEqual([0, 1, 0])
    expect(await count()).toBe(1)
  })

  it('gives back integers, texts and bytes as what they are', async () => {
    await database.write(async (tx) => tx.run('INSERT INTO t (k, v) VALUES (?, ?)', 'k', Buffer.from([1, 2])))
    const row = await database.read.get('SELECT k, v, 5 AS i, NULL AS missing FROM t')
    expect(row).toEqual({ k: 'k', v: Buffer.from([1, 2]), i: 5, missing: null })
    expect(await database.read.get("SELECT k FROM t WHERE k = 'none'")).toBeUndefined()
  })

  it('does not keep every statement that was ever prepared', async () => {
    for (let i = 0; i < 1200; i++) expect(await database.read.get(`SELECT ${i} AS i`)).toEqual({ i })
    expect((database.read as unknown as { statements: Map<string, unknown> }).statements.size).toBeLessThanOrEqual(500)
  })
})

describe('snapshot', () => {
  it('sees one state across awaits while writers go on', async () => {
    await put('before')
    const seen = await database.snapshot(async (read) => {
      const counts = [await count(read)]
      for (const k of ['a', 'b', 'c']) {
        await put(k)
        await turn()
        counts.push(await count(read))
      }
      return counts
    })
    expect(seen).toEqual([1, 1, 1, 1])
    expect(await count()).toBe(4)
  })

  it('begins anew each time', async () => {
    expect(await database.snapshot((read) => count(read))).toBe(0)
    await put('a')
    expect(await database.snapshot((read) => count(read))).toBe(1)
  })

  it('is bounded in number; the rest wait their turn, in order', async () => {
    const order: number[] = []
    let open = 0
    let most = 0
    const runs = Array.from({ length: 40 }, (_, i) =>
      database.snapshot(async (read) => {
        most = Math.max(most, ++open)
        order.push(i)
        await count(read)
        await turn()
        open--
      }),
    )
    await Promise.all(runs)
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(8)
    // The first eight open a connection each, and that takes as long as it takes.
    const waited = order.filter((i) => i >= 8)
    expect(waited).toEqual([...waited].sort((a, b) => a - b))
  })

  it('gives its connection back after an error', async () => {
    for (let i = 0; i < 20; i++) {
      const error = new Error(`reader ${i}`)
      await expect(database.snapshot(() => Promise.reject(error))).rejects.toBe(error)
    }
    expect(await database.snapshot((read) => count(read))).toBe(0)
  })

  it('fails for everyone who waits when no connection can be opened', async () => {
    renameSync(scratch.file, `${scratch.file}.away`)
    const attempts = Array.from({ length: 12 }, () => database.snapshot((read) => count(read)))
    const results = await Promise.race([Promise.allSettled(attempts), sleep(60_000, 'some still wait', { ref: false })])
    renameSync(`${scratch.file}.away`, scratch.file)
    expect(results).not.toBe('some still wait')
    expect(await database.snapshot((read) => count(read))).toBe(0)
  })
})

describe('close', () => {
  it('waits for the writes under way and for those that wait', async () => {
    const writes = Array.from({ length: 200 }, (_, i) => put(`k${i}`))
    await database.close()
    await Promise.all(writes)
    const driver = new Sqlite(scratch.file, { readonly: true })
    expect(driver.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 200 })
    driver.close()
  })

  it('lets a snapshot that is open come to its end', async () => {
    await put('a')
    let leave!: () => void
    const held = new Promise<void>((resolve) => (leave = resolve))
    let begin!: () => void
    const begun = new Promise<void>((resolve) => (begin = resolve))
    const reading = database.snapshot(async (reader) => {
      await count(reader)
      begin()
      await held
      return count(reader)
    })
    await begun
    const closed = database.close()
    await turn()
    leave()
    await expect(reading).resolves.toBe(1)
    await closed
    scratch = await scratchDatabase(scratch.directory)
    expect(await count(scratch.database.read)).toBe(1)
  })

  it('refuses writes and snapshots afterwards instead of hanging', async () => {
    await database.close()
    await expect(put('late')).rejects.toThrow()
    await expect(database.snapshot((read) => count(read))).rejects.toThrow()
  })
})

describe('open for reading alone', () => {
  it('reads while another writes, and refuses writes', async () => {
    await put('a')
    const reading = await SqliteDatabase.openReadOnly(scratch.file)
    expect(await count(reading.read)).toBe(1)
    await put('b')
    expect(await count(reading.read)).toBe(2)
    expect(await reading.snapshot((read) => count(read))).toBe(2)
    await expect(reading.write(async (tx) => tx.run("INSERT INTO t (k) VALUES ('c')"))).rejects.toThrow(/reading only/)
    await reading.close()
  })

  it('says so where there is nothing to read', async () => {
    await expect(SqliteDatabase.openReadOnly(`${scratch.directory}/none.sqlite`)).rejects.toThrow(/does not exist/)
  })

  it('says what to do where it is not let in', async () => {
    // What nobody can open, not even root.
    const file = `${scratch.directory}/shut.sqlite`
    symlinkSync(file, file)
    await expect(SqliteDatabase.openReadOnly(file)).rejects.toThrow(OutOfReach)
    await expect(SqliteDatabase.openReadOnly(file)).rejects.toThrow(
      `${file} cannot be opened: unable to open database file. Run this as the user that the server runs as`,
    )
  })
})

describe('one process a data directory', () => {
  let directory: string

  beforeEach(() => {
    directory = scratchDirectory()
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('refuses a second one, says why, and leaves the first at work', async () => {
    await expect(SqliteDatabase.open(scratch.file)).rejects.toThrow(/another skylog process uses this data directory/)
    await put('a')
    expect(await count()).toBe(1)
  })

  it('lets the next one in once the first has closed', async () => {
    await put('a')
    await database.close()
    scratch = await scratchDatabase(scratch.directory)
    expect(await count(scratch.database.read)).toBe(1)
  })

  it('does not blame another process for a lock file that cannot be used', async () => {
    writeFileSync(
      `${directory}/skylog.sqlite.lock`,
      'this is not a database, and it is long enough to be looked at\n'.repeat(40),
    )
    const attempt = SqliteDatabase.open(`${directory}/skylog.sqlite`)
    await expect(attempt).rejects.toThrow()
    await expect(attempt).rejects.not.toThrow(/another skylog process/)
  })

  it('lets go of the lock when the database cannot be opened', async () => {
    const file = `${directory}/skylog.sqlite`
    writeFileSync(file, 'this is not a database, and it is long enough to be looked at\n'.repeat(40))
    await expect(SqliteDatabase.open(file)).rejects.toThrow(/not a database/)
    renameSync(file, `${file}.bad`)
    await (await SqliteDatabase.open(file)).close()
  })
})
