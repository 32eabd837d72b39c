import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite, { type Database as Driver } from 'better-sqlite3'
import type { DataSource } from 'typeorm'
import { DataDirectoryInUse } from '../config/config.js'
import { Database, type Reader, type Tx } from './database.js'
import type { PageFollower } from './page-follower.js'
import { SqliteConnection } from './sqlite-connection.js'
import { SqliteSnapshots } from './sqlite-snapshots.js'
import { driverOf, openSource } from './sqlite-source.js'
import { SqliteWal } from './sqlite-wal.js'
import { SqliteWriter } from './sqlite-writer.js'

/**
 * SQLite in one file. One writer connection behind a queue, and read-only connections that never see an open write.
 * WAL with `synchronous=FULL`: a COMMIT that has returned survives power loss.
 *
 * Why not TypeORM's own transactions: a better-sqlite3 DataSource has a single connection, so a second request's
 * BEGIN fails inside the first one's transaction and its ROLLBACK undoes the first one's work.
 */
export class SqliteDatabase extends Database {
  private closing: Promise<void> | undefined
  private closed = false
  private readonly last: (() => Promise<void>)[] = []

  private constructor(
    readonly read: Reader,
    private readonly snapshots: SqliteSnapshots,
    private readonly writer: SqliteWriter | null,
    private readonly wal: SqliteWal | null,
    private readonly closeAll: () => Promise<void>,
  ) {
    super()
  }

  /**
   * Opens or creates the file, runs the migrations that it lacks, and gives the database.
   * @throws DataDirectoryInUse when another process has it open for writing.
   */
  static async open(file: string, onDoorbellError: (error: unknown) => void = console.error): Promise<SqliteDatabase> {
    mkdirSync(dirname(file), { recursive: true })
    const lock = takeLock(`${file}.lock`)
    const sources: DataSource[] = []
    const close = async (): Promise<void> => {
      for (const source of sources.reverse()) await source.destroy()
      lock.close()
    }
    try {
      sources.push(await openSource(file, false))
      const driver = driverOf(sources[0]!)
      const writer = new SqliteWriter(new SqliteConnection(driver), onDoorbellError)
      const wal = new SqliteWal(file, driver)
      writer.onCommit = () => wal.committed()
      sources.push(await openSource(file, true))
      const reader = new SqliteConnection(driverOf(sources[1]!))
      return new SqliteDatabase(reader, new SqliteSnapshots(file), writer, wal, close)
    } catch (error) {
      await close()
      throw error
    }
  }

  /** Opens a file that exists for reading alone; also while a server writes to it. @throws Error when there is none. */
  static async openReadOnly(file: string): Promise<SqliteDatabase> {
    if (!existsSync(file)) throw new Error(`${file} does not exist: no server has run on this data directory`)
    const source = await openSource(file, true)
    const reader = new SqliteConnection(driverOf(source))
    return new SqliteDatabase(reader, new SqliteSnapshots(file), null, null, () => source.destroy())
  }

  write<T>(fn: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.closed) return Promise.reject(new Error('the database is closed'))
    return this.writer?.write(fn) ?? Promise.reject(new Error('this database is open for reading only'))
  }

  followPages(now: () => number): PageFollower {
    if (!this.wal || this.closed) throw new Error('this database is not open for writing')
    return this.wal.follow(now)
  }

  beforeClose(fn: () => Promise<void>): void {
    this.last.push(fn)
  }

  /**
   * SQLite joins texts only, and a text is whatever bytes it is said to be: nothing is converted on the way, zero bytes
   * included. Callers know how long the result has to be.
   */
  joined(before: string, bytes: string): string {
    return `CAST(group_concat(${before} || CAST(${bytes} AS TEXT), '') AS BLOB)`
  }

  snapshot<T>(fn: (read: Reader) => Promise<T>): Promise<T> {
    return this.snapshots.during(fn)
  }

  close(): Promise<void> {
    return (this.closing ??= this.closeOnce())
  }

  private async closeOnce(): Promise<void> {
    for (let done = -1; this.writer && done !== this.writer.commits;) {
      await this.writer.idle()
      done = this.writer.commits
      for (const fn of this.last) await fn()
      await this.writer.idle()
    }
    this.closed = true
    await this.snapshots.close()
    await this.closeAll()
    this.wal?.close()
  }
}

/**
 * Two processes that write to one data directory would each trust a head that the other has moved. The lock is an open
 * transaction on a file of its own: the operating system lets go of it however the process ends.
 */
function takeLock(path: string): Driver {
  const lock = new Sqlite(path, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error
    throw new DataDirectoryInUse(`${path}: another skylog process uses this data directory; stop it first`)
  }
}
