import { AsyncLocalStorage } from 'node:async_hooks'
import type { Tx, SqlValue } from './database.js'
import type { SqliteConnection } from './sqlite-connection.js'

interface Job {
  fn: (tx: Tx) => Promise<unknown>
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

type Outcome = { job: Job; tx: SqliteTx } & ({ value: unknown } | { error: unknown })

/** Jobs of one group; bounds how much one COMMIT carries. */
const MAX_GROUP = 64
/** A group takes no further job after this long, so that requests which only read are not kept waiting. */
const GROUP_MS = 8

/**
 * The writer of the embedded database. Writers that wait together share one transaction (a savepoint each) and
 * one fsync; each is answered after COMMIT. Jobs run one after another on a connection that nothing else touches:
 * awaiting inside a job therefore never lets a foreign statement in.
 */
export class SqliteWriter {
  private queue: Job[] = []
  private running: Promise<void> | null = null
  private readonly scope = new AsyncLocalStorage<true>()

  constructor(
    private readonly connection: SqliteConnection,
    private readonly onDoorbellError: (error: unknown) => void,
  ) {}

  write<T>(fn: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.scope.getStore()) return Promise.reject(new Error('a write inside a write: pass the open tx along instead'))
    return new Promise<T>((resolve, reject) => {
      this.queue.push({ fn, resolve: resolve as (value: unknown) => void, reject })
      this.running ??= this.drain()
    })
  }

  /** Resolves when no write is waiting or under way. */
  async idle(): Promise<void> {
    while (this.running) await this.running
  }

  private async drain(): Promise<void> {
    do {
      // One turn of the event loop: every request that has already arrived joins the group.
      await new Promise(setImmediate)
      await this.runGroup()
    } while (this.queue.length > 0)
    this.running = null
  }

  private async runGroup(): Promise<void> {
    const { connection } = this
    const outcomes: Outcome[] = []
    try {
      connection.run('BEGIN IMMEDIATE')
      const deadline = performance.now() + GROUP_MS
      do {
        const job = this.queue.shift()!
        const alone = outcomes.length === 0 && this.queue.length === 0
        outcomes.push(await this.runJob(job, alone))
        // A full disk or an I/O error makes SQLite give up the whole transaction, earlier jobs included.
        if (!connection.driver.inTransaction) throw lastError(outcomes)
      } while (this.queue.length > 0 && outcomes.length < MAX_GROUP && performance.now() < deadline)
      connection.run('COMMIT')
    } catch (error) {
      if (connection.driver.inTransaction) connection.run('ROLLBACK')
      for (const { job } of outcomes) job.reject(error)
      // BEGIN itself failed: nobody was tried, so the next in line is told.
      if (outcomes.length === 0) this.queue.shift()?.reject(error)
      return
    }
    for (const { tx } of outcomes) for (const ring of tx.doorbells) this.ring(ring)
    for (const outcome of outcomes) {
      if ('error' in outcome) outcome.job.reject(outcome.error)
      else outcome.job.resolve(outcome.value)
    }
  }

  private async runJob(job: Job, alone: boolean): Promise<Outcome> {
    const { connection } = this
    const tx = new SqliteTx(connection)
    if (!alone) connection.run('SAVEPOINT job')
    try {
      const value = await this.scope.run(true, job.fn, tx)
      if (!alone) connection.run('RELEASE job')
      return { job, tx, value }
    } catch (error) {
      tx.doorbells.length = 0
      if (connection.driver.inTransaction) {
        connection.run(alone ? 'ROLLBACK' : 'ROLLBACK TO job')
        connection.run(alone ? 'BEGIN IMMEDIATE' : 'RELEASE job')
      }
      return { job, tx, error }
    } finally {
      tx.end()
    }
  }

  private ring(doorbell: () => void): void {
    try {
      doorbell()
    } catch (error) {
      this.onDoorbellError(error)
    }
  }
}

function lastError(outcomes: Outcome[]): unknown {
  const last = outcomes.at(-1)!
  return 'error' in last ? last.error : new Error('the transaction was lost')
}

class SqliteTx implements Tx {
  readonly doorbells: (() => void)[] = []
  private ended = false

  constructor(private readonly connection: SqliteConnection) {}

  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    this.assertOpen()
    return this.connection.all(sql, ...values)
  }

  get<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    this.assertOpen()
    return this.connection.get(sql, ...values)
  }

  run(sql: string, ...values: SqlValue[]): number {
    this.assertOpen()
    return this.connection.run(sql, ...values)
  }

  afterCommit(fn: () => void): void {
    this.assertOpen()
    this.doorbells.push(fn)
  }

  end(): void {
    this.ended = true
  }

  private assertOpen(): void {
    if (this.ended) throw new Error('this tx has ended: a write may only use its tx while it runs')
  }
}
