import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite, { type Database as Driver } from 'better-sqlite3'
import type { DataSource } from 'typeorm'
import { DataDirectoryInUse } from '../config/config.js'
import { Database, type DatabaseFigures, type Reader, type Tx, type WriterFigures } from './database.js'
import type { PageFollower } from './page-follower.js'
import { SqliteConnection } from './sqlite-connection.js'
import { SqliteSnapshots } from './sqlite-snapshots.js'
import { driverOf, openSource, READER_CACHE, WRITER_CACHE } from './sqlite-source.js'
import { SqliteWal, type WalState } from './sqlite-wal.js'
import { SqliteWriter } from './sqlite-writer.js'

/** A database that is there, and that this user cannot open where it lies. */
export class OutOfReach extends Error {
  readonly advice =
    'Run this as the user that the server runs as; even to be read, a database that no server has open needs the right to ' +
    'write into its directory.'

  constructor(readonly reason: string) {
    super()
    this.message = `${reason}. ${this.advice}`
  }
}

/** Of a database that is open for reading alone, it is somebody else's. */
const NO_WAL: WalState = { bytes: 0, pendingBytes: 0, restarts: 0 }

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
  private mark = 0

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
   * Opens or creates the file, runs the migrations that it lacks, and gives the database. Where it need not be `durable`,
   * a COMMIT that has returned survives the end of the process, and nothing more.
   * @throws DataDirectoryInUse when another process has it open for writing.
   */
  static async open(
    file: string,
    onDoorbellError: (error: unknown) => void = console.error,
    { durable = true }: { durable?: boolean } = {},
  ): Promise<SqliteDatabase> {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const lock = takeLock(`${file}.lock`)
    const sources: DataSource[] = []
    const close = async (): Promise<void> => {
      for (const source of sources.reverse()) await source.destroy()
      lock.close()
    }
    try {
      sources.push(await openSource(file, { readonly: false, durable }))
      const driver = driverOf(sources[0]!)
      // SQLite would wait for other programs without letting the event loop go on; the writer waits for them itself.
      driver.pragma('busy_timeout = 0')
      const writer = new SqliteWriter(new SqliteConnection(driver), onDoorbellError)
      const wal = new SqliteWal(file, driver)
      writer.onCommit = () => wal.committed()
      sources.push(await openSource(file, { readonly: true }))
      const reader = new SqliteConnection(driverOf(sources[1]!))
      return new SqliteDatabase(reader, new SqliteSnapshots(file), writer, wal, close)
    } catch (error) {
      await close()
      throw error
    }
  }

  /**
   * Opens a file that exists for reading alone; also while a server writes to it.
   * @throws Error when there is none; OutOfReach when this user may not
   */
  static async openReadOnly(file: string): Promise<SqliteDatabase> {
    if (SqliteDatabase.isMissing(file))
      throw new Error(`${file} does not exist: no server has run on this data directory`)
    const source = await openSource(file, { readonly: true }).catch(outOfReach(file))
    const reader = new SqliteConnection(driverOf(source))
    try {
      await reader.get('SELECT count(*) FROM sqlite_master')
    } catch (error) {
      await source.destroy()
      outOfReach(file)(error)
    }
    return new SqliteDatabase(reader, new SqliteSnapshots(file), null, null, () => source.destroy())
  }

  /** Whether there is surely no such file; of one behind a door that this user may not open, nobody knows. */
  static isMissing(file: string): boolean {
    try {
      return !statSync(file, { throwIfNoEntry: false })
    } catch {
      return false
    }
  }

  /** Whether another process has a file open for writing. */
  static isInUse(file: string): boolean {
    if (!existsSync(`${file}.lock`)) return false
    const lock = new Sqlite(`${file}.lock`, { timeout: 0, readonly: true })
    try {
      lock.prepare('SELECT count(*) FROM sqlite_master').get()
      return false
    } catch (error) {
      if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error
      return true
    } finally {
      lock.close()
    }
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

  writerFigures(): WriterFigures | null {
    return this.writer?.figures() ?? null
  }

  async figures(): Promise<DatabaseFigures> {
    const { read } = this
    const { size, pages, free } = (await read.get<{ size: number; pages: number; free: number }>(
      `SELECT page_size AS size, page_count AS pages, freelist_count AS free
       FROM pragma_page_size, pragma_page_count, pragma_freelist_count`,
    ))!
    const wal = this.wal?.state() ?? NO_WAL
    const snapshots = this.snapshots.figures()
    return {
      bytes: pages * size,
      freeBytes: free * size,
      walBytes: wal.bytes,
      walPendingBytes: wal.pendingBytes,
      walRestarts: wal.restarts,
      cacheBytes: ((this.writer ? WRITER_CACHE : 0) + (1 + snapshots.open) * READER_CACHE) * 1024,
      snapshots,
      writer: this.writerFigures(),
    }
  }

  /** What is written is a number in the head of the file that is for applications, and that nothing here uses. */
  async tryWrite(): Promise<void> {
    this.mark = 1 - this.mark
    await this.write(async (tx) => tx.run(`PRAGMA user_version = ${this.mark}`))
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

/** @throws the error that it is given, as {@link OutOfReach} where SQLite was not let in */
function outOfReach(file: string): (error: unknown) => never {
  return (error) => {
    const { code, message } = error as { code?: string; message: string }
    throw /^SQLITE_(?:CANTOPEN|READONLY)/.test(code ?? '')
      ? new OutOfReach(`${file} cannot be opened: ${message}`)
      : error
  }
}
