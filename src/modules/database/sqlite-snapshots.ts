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
  private readonly waiting: (() => void)[] = []
  /** Connections that are open or being opened. */
  private open = 0
  private closed = false

  constructor(private readonly file: string) {}

  /** Runs `fn` in a read transaction, when one is free. @throws Error after {@link close}. */
  async during<T>(fn: (read: Reader) => Promise<T>): Promise<T> {
    const snapshot = await this.take()
    const { connection } = snapshot
    try {
      connection.run('BEGIN')
      return await fn(connection)
    } finally {
      await this.giveBack(snapshot)
    }
  }

  /** Closes every connection; those in use when their reader is done. */
  async close(): Promise<void> {
    this.closed = true
    for (const next of this.waiting.splice(0)) next()
    await Promise.all(this.idle.splice(0).map(({ source }) => source.destroy()))
  }

  private async take(): Promise<Snapshot> {
    for (;;) {
      if (this.closed) throw new Error('the database is closed')
      const free = this.idle.pop()
      if (free) return free
      if (this.open < MAX_SNAPSHOTS) break
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    }
    this.open++
    try {
      const source = await openSource(this.file, true)
      return { source, connection: new SqliteConnection(driverOf(source)) }
    } catch (error) {
      this.open--
      this.waiting.shift()?.()
      throw error
    }
  }

  private async giveBack(snapshot: Snapshot): Promise<void> {
    const { source, connection } = snapshot
    try {
      if (connection.driver.inTransaction) connection.run('COMMIT')
      if (!this.closed) {
        this.idle.push(snapshot)
        return
      }
    } catch {
      // A connection that cannot end its transaction is of no more use.
    } finally {
      this.waiting.shift()?.()
    }
    this.open--
    await source.destroy()
  }
}
