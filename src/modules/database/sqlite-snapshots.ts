import type { DataSource } from 'typeorm'
import type { DatabaseFigures, Reader } from './database.js'
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
  /** Each is handed a connection that has become free, or null: look again. */
  private readonly waiting: ((free: Snapshot | null) => void)[] = []
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

  figures(): DatabaseFigures['snapshots'] {
    return { open: this.open, busy: this.open - this.idle.length, waiting: this.waiting.length }
  }

  /** Closes every connection; those in use when their reader is done. */
  async close(): Promise<void> {
    this.closed = true
    for (const next of this.waiting.splice(0)) next(null)
    await Promise.all(this.idle.splice(0).map(({ source }) => source.destroy()))
  }

  private async take(): Promise<Snapshot> {
    for (;;) {
      if (this.closed) throw new Error('the database is closed')
      const free = this.idle.pop()
      if (free) return free
      if (this.open < MAX_SNAPSHOTS) break
      const handed = await new Promise<Snapshot | null>((resolve) => this.waiting.push(resolve))
      if (handed) return handed
    }
    this.open++
    try {
      const source = await openSource(this.file, { readonly: true })
      return { source, connection: new SqliteConnection(driverOf(source)) }
    } catch (error) {
      this.open--
      this.waiting.shift()?.(null)
      throw error
    }
  }

  private async giveBack(snapshot: Snapshot): Promise<void> {
    const { source, connection } = snapshot
    if (endTransaction(connection) && !this.closed) {
      const next = this.waiting.shift()
      if (next) next(snapshot)
      else this.idle.push(snapshot)
      return
    }
    this.open--
    this.waiting.shift()?.(null)
    await source.destroy()
  }
}

/** False when the connection cannot end its transaction: it is of no more use. */
function endTransaction(connection: SqliteConnection): boolean {
  try {
    if (connection.driver.inTransaction) connection.run('COMMIT')
    return true
  } catch {
    return false
  }
}
