import type { DataSource } from 'typeorm'
import type { Reader } from './database.js'
import { SqliteConnection } from './sqlite-connection.js'
import { driverOf, openSource } from './sqlite-source.js'

/** Snapshots that may be open at once; each holds a connection, and the WAL cannot shrink below the oldest. */
const MAX_SNAPSHOTS = 8

interface Snapshot {
  source: DataSource
  connection: SqliteConnection
}

/** Read-only connections for reads that must see one state from beginning to end. */
export class SqliteSnapshots {
  private readonly idle: Snapshot[] = []
  private readonly waiting: ((snapshot: Snapshot) => void)[] = []
  private open = 0

  constructor(private readonly file: string) {}

  /** Runs `fn` in a read transaction, when one is free. */
  async during<T>(fn: (read: Reader) => Promise<T>): Promise<T> {
    const snapshot = await this.take()
    const { connection } = snapshot
    try {
      connection.run('BEGIN')
      return await fn(connection)
    } finally {
      if (connection.driver.inTransaction) connection.run('COMMIT')
      const next = this.waiting.shift()
      if (next) next(snapshot)
      else this.idle.push(snapshot)
    }
  }

  /** Closes the connections that are not in use. */
  async close(): Promise<void> {
    await Promise.all(this.idle.splice(0).map(({ source }) => source.destroy()))
  }

  private async take(): Promise<Snapshot> {
    const free = this.idle.pop()
    if (free) return free
    if (this.open >= MAX_SNAPSHOTS) return new Promise((resolve) => this.waiting.push(resolve))
    this.open++
    try {
      const source = await openSource(this.file, true)
      return { source, connection: new SqliteConnection(driverOf(source)) }
    } catch (error) {
      this.open--
      throw error
    }
  }
}
