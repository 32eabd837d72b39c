import { randomUUID } from 'node:crypto'
import { copyFileSync, existsSync, linkSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { SqlValue } from './database.js'
import { SqliteConnection } from './sqlite-connection.js'

/**
 * A SQLite file of another program that is not running, as that program would find it: with what is still in its
 * write-ahead log. Nothing is written where the file lies. It is opened under another name in a folder of ours, which the
 * file system gives it without a copy where both are on one, so that whatever SQLite keeps beside a file comes there; the
 * log, which SQLite opens for writing even when it only reads, is copied.
 */
export class ForeignSqlite {
  private constructor(
    private readonly connection: SqliteConnection,
    private readonly paths: readonly string[],
  ) {}

  /** @throws Error naming the file, when it is not there or is no database */
  static open(file: string, scratch: string): ForeignSqlite {
    if (!existsSync(file)) throw new Error(`there is no file ${file}`)
    mkdirSync(scratch, { recursive: true })
    const name = join(scratch, `${randomUUID()}.sqlite`)
    const paths = [name, `${name}-wal`, `${name}-shm`]
    try {
      link(file, name)
      if (existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 0) copyFileSync(`${file}-wal`, `${name}-wal`)
      const driver = new Sqlite(name, { readonly: true })
      driver.pragma('query_only = true')
      const connection = new SqliteConnection(driver)
      connection.get('SELECT count(*) FROM sqlite_master')
      return new ForeignSqlite(connection, paths)
    } catch (error) {
      remove(paths)
      throw new Error(`${file} cannot be read: ${(error as Error).message}`)
    }
  }

  /**
   * Whether another process has the file open. Where it cannot be linked to, nobody knows: false. Only a lock is asked for
   * and given back.
   */
  static isInUse(file: string, scratch: string): boolean {
    mkdirSync(scratch, { recursive: true })
    const name = join(scratch, `${randomUUID()}.sqlite`)
    try {
      linkSync(file, name)
    } catch {
      return false
    }
    const driver = new Sqlite(name, { timeout: 0 })
    try {
      driver.pragma('locking_mode = EXCLUSIVE')
      driver.exec('BEGIN EXCLUSIVE; ROLLBACK')
      return false
    } catch (error) {
      return (error as { code?: string }).code === 'SQLITE_BUSY'
    } finally {
      driver.close()
      remove([name, `${name}-wal`, `${name}-shm`])
    }
  }

  /** All rows. */
  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    return this.connection.all<Row>(sql, ...values)
  }

  /** The first row, or undefined. */
  get<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.connection.get<Row>(sql, ...values)
  }

  close(): void {
    this.connection.driver.close()
    remove(this.paths)
  }
}

function link(file: string, name: string): void {
  try {
    linkSync(file, name)
  } catch {
    // Another file system, or one without links.
    copyFileSync(file, name)
  }
}

function remove(paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { force: true })
}
