import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite, { type Database as Driver } from 'better-sqlite3'
import { DataSource } from 'typeorm'
import { migrations } from '../../../migrations/index.js'
import { Database, type Reader, type Tx } from './database.js'
import { SqliteConnection } from './sqlite-connection.js'
import { SqliteWriter } from './sqlite-writer.js'

/** Snapshots that may be open at once; each holds a connection, and the WAL cannot shrink below the oldest. */
const MAX_SNAPSHOTS = 8

/**
 * SQLite in one file. One writer connection behind a queue, and read-only connections that never see an open write.
 * WAL with `synchronous=FULL`: a COMMIT that has returned survives power loss.
 *
 * Why not TypeORM's own transactions: a better-sqlite3 DataSource has a single connection, so a second request's
 * BEGIN fails inside the first one's transaction and its ROLLBACK undoes the first one's work.
 */
export class SqliteDatabase extends Database {
  private readonly idle: SqliteSnapshot[] = []
  private readonly waiting: ((snapshot: SqliteSnapshot) => void)[] = []
  private snapshots = 0

  private constructor(
    private readonly file: string,
    private readonly lock: Driver,
    private readonly writerSource: DataSource,
    private readonly readerSource: DataSource,
    private readonly writer: SqliteWriter,
    readonly read: Reader,
  ) {
    super()
  }

  /**
   * Opens or creates the file, runs the migrations that it lacks, and gives the database.
   * @throws Error when another process has it open for writing.
   */
  static async open(file: string, onDoorbellError: (error: unknown) => void = console.error): Promise<SqliteDatabase> {
    mkdirSync(dirname(file), { recursive: true })
    const lock = lockFile(`${file}.lock`)
    let writerSource: DataSource | undefined
    try {
      writerSource = await openSource(file, false)
      const readerSource = await openSource(file, true)
      const writer = new SqliteWriter(new SqliteConnection(driverOf(writerSource)), onDoorbellError)
      const reader = new SqliteConnection(driverOf(readerSource))
      return new SqliteDatabase(file, lock, writerSource, readerSource, writer, reader)
    } catch (error) {
      await writerSource?.destroy()
      lock.close()
      throw error
    }
  }

  write<T>(fn: (tx: Tx) => Promise<T>): Promise<T> {
    return this.writer.write(fn)
  }

  async snapshot<T>(fn: (read: Reader) => Promise<T>): Promise<T> {
    const snapshot = await this.takeSnapshot()
    try {
      snapshot.connection.run('BEGIN')
      return await fn(snapshot.connection)
    } finally {
      if (snapshot.connection.driver.inTransaction) snapshot.connection.run('COMMIT')
      this.giveBack(snapshot)
    }
  }

  async close(): Promise<void> {
    await this.writer.idle()
    await Promise.all(this.idle.map((snapshot) => snapshot.source.destroy()))
    await this.readerSource.destroy()
    await this.writerSource.destroy()
    this.lock.close()
  }

  private async takeSnapshot(): Promise<SqliteSnapshot> {
    const free = this.idle.pop()
    if (free) return free
    if (this.snapshots >= MAX_SNAPSHOTS) return new Promise((resolve) => this.waiting.push(resolve))
    this.snapshots++
    try {
      const source = await openSource(this.file, true)
      return { source, connection: new SqliteConnection(driverOf(source)) }
    } catch (error) {
      this.snapshots--
      throw error
    }
  }

  private giveBack(snapshot: SqliteSnapshot): void {
    const next = this.waiting.shift()
    if (next) next(snapshot)
    else this.idle.push(snapshot)
  }
}

interface SqliteSnapshot {
  source: DataSource
  connection: SqliteConnection
}

/**
 * Two processes that write to one data directory would each trust a head that the other has moved. The lock is an open
 * transaction on a file of its own: the operating system lets go of it however the process ends.
 */
function lockFile(path: string): Driver {
  const lock = new Sqlite(path, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch {
    lock.close()
    throw new Error(`${path}: another skylog process uses this data directory; stop it first`)
  }
}

async function openSource(file: string, readonly: boolean): Promise<DataSource> {
  const source = new DataSource({
    type: 'better-sqlite3',
    database: file,
    readonly,
    timeout: 5000,
    migrations: readonly ? [] : migrations,
    migrationsRun: !readonly,
    prepareDatabase: (driver: Driver) => {
      if (!readonly) {
        driver.pragma('journal_mode = WAL')
        driver.pragma('synchronous = FULL')
      }
      driver.pragma(`cache_size = ${readonly ? -8_000 : -24_000}`)
      driver.pragma('temp_store = MEMORY')
    },
  })
  return source.initialize()
}

function driverOf(source: DataSource): Driver {
  return (source.driver as unknown as { databaseConnection: Driver }).databaseConnection
}
