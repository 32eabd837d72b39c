import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { Histogram, SECONDS } from '../config/histogram.js'
import type { Tx, SqlValue, WriterFigures } from './database.js'
import { currentScope, type Scope, within } from '../log/scope.js'
import { wasDone } from '../tracing/spans.js'
import type { SqliteConnection } from './sqlite-connection.js'

interface Job {
  /** When it was asked for, as `performance.now` has it. */
  since: number
  /** What it is a part of. */
  scope: Scope | undefined
  fn: (tx: Tx) => Promise<unknown>
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

interface Attempt {
  job: Job
  tx: SqliteTx
  failed: boolean
  /** What the job's promise will be settled with. */
  outcome: unknown
}

/** Jobs of one group; bounds how much one COMMIT carries. */
const MAX_GROUP = 64
/** A group takes no further job after this long, so that requests which only read are not kept waiting. */
const GROUP_MS = 8
/** How long a group waits for another program that holds the database, and how often it looks. */
const [PATIENCE_MS, LOOK_MS] = [5_000, 10]
/** Bounds of how many jobs there are in a group. */
const SIZES = [1, 2, 4, 8, 16, 32, MAX_GROUP]

/**
 * The writer of the embedded database. Writers that wait together share one transaction (a savepoint each) and
 * one fsync; each is answered after COMMIT. Jobs run one after another on a connection that nothing else touches:
 * awaiting inside a job therefore never lets a foreign statement in.
 */
export class SqliteWriter {
  private queue: Job[] = []
  private running: Promise<void> | null = null
  /** Called after every COMMIT, when its writers have been answered. */
  onCommit: () => void = () => undefined
  /** How many there have been. */
  commits = 0
  private readonly inside = new AsyncLocalStorage<true>()
  private readonly sizes = new Histogram(SIZES)
  private readonly seconds = new Histogram(SECONDS)
  private failed = 0
  private lost = 0
  /** Since when the jobs that are being run have been; null between two groups. */
  private groupSince: number | null = null
  /** When a group was last committed. */
  private committedAt = performance.now()
  /** Whether the last group was lost. */
  private isLost = false

  constructor(
    private readonly connection: SqliteConnection,
    private readonly onDoorbellError: (error: unknown) => void,
  ) {}

  write<T>(fn: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.inside.getStore())
      return Promise.reject(new Error('a write inside a write: pass the open tx along instead'))
    return new Promise<T>((resolve, reject) => {
      this.queue.push({
        since: performance.now(),
        scope: currentScope(),
        fn,
        resolve: resolve as (value: unknown) => void,
        reject,
      })
      // It goes on with the jobs of others, and rings for all of them.
      this.running ??= within(undefined, () => this.drain())
    })
  }

  figures(): WriterFigures {
    const now = performance.now()
    const { sizes, seconds, failed, lost, groupSince, committedAt, isLost } = this
    const oldest = groupSince ?? this.queue[0]?.since ?? now
    return {
      waiting: this.queue.length,
      waitingSeconds: (now - oldest) / 1000,
      idleSeconds: (now - committedAt) / 1000,
      isLost,
      failed,
      lost,
      sizes,
      seconds,
    }
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
    // Whoever is in here gets an answer, however the group ends.
    const tried: Attempt[] = []
    this.groupSince = performance.now()
    try {
      await this.begin()
      const deadline = performance.now() + GROUP_MS
      do {
        const attempt: Attempt = {
          job: this.queue.shift()!,
          tx: new SqliteTx(connection),
          failed: false,
          outcome: undefined,
        }
        tried.push(attempt)
        await this.attempt(attempt)
      } while (this.queue.length > 0 && tried.length < MAX_GROUP && performance.now() < deadline)
      await this.finish(tried)
      connection.run('COMMIT')
    } catch (error) {
      // The whole group is lost: its writers are told, and those who would not have been in it get another one.
      this.isLost = true
      this.lost++
      this.groupSince = null
      if (tried.length === 0) for (const job of this.queue.splice(0, MAX_GROUP)) job.reject(error)
      for (const { job } of tried) job.reject(error)
      this.rollBack()
      return
    }
    this.note(tried)
    for (const { tx } of tried) for (const doorbell of tx.doorbells) this.ring(doorbell)
    for (const { job, failed, outcome } of tried) {
      if (failed) job.reject(outcome)
      else job.resolve(outcome)
    }
    this.commits++
    this.ring(this.onCommit)
  }

  /** Reads go on while another program writes, somebody with a shell perhaps. @throws SqliteError when that takes too long */
  private async begin(): Promise<void> {
    const patience = performance.now() + PATIENCE_MS
    for (;;) {
      try {
        this.connection.run('BEGIN IMMEDIATE')
        return
      } catch (error) {
        if ((error as { code?: string }).code !== 'SQLITE_BUSY' || performance.now() > patience) throw error
      }
      await delay(LOOK_MS)
    }
  }

  /** What a group that is durable has taken. */
  private note(tried: readonly Attempt[]): void {
    const now = performance.now()
    const begun = this.groupSince!
    this.groupSince = null
    this.committedAt = now
    this.isLost = false
    this.sizes.add(tried.length)
    for (const { job, failed } of tried) {
      wasDone(job.scope, 'commit queue', job.since, Math.max(begun, job.since))
      wasDone(job.scope, 'commit transaction', Math.max(begun, job.since), now, { 'skylog.group.size': tried.length })
      if (failed) this.failed++
      this.seconds.add((now - job.since) / 1000)
    }
  }

  private rollBack(): void {
    try {
      if (this.connection.driver.inTransaction) this.connection.run('ROLLBACK')
    } catch (error) {
      // The next BEGIN will fail too and say so to its writer, until the disk is well again.
      this.onDoorbellError(error)
    }
  }

  /** Runs one job in its savepoint. Throws only when the whole transaction is lost. */
  private async attempt(attempt: Attempt): Promise<void> {
    const { connection } = this
    const { job, tx } = attempt
    connection.run('SAVEPOINT job')
    try {
      attempt.outcome = await within(job.scope, () => this.inside.run(true, job.fn, tx))
    } catch (error) {
      attempt.failed = true
      attempt.outcome = error
      tx.doorbells.length = 0
    } finally {
      tx.end()
    }
    // A full disk or an I/O error makes SQLite give up the whole transaction, earlier jobs included.
    if (!connection.driver.inTransaction) throw attempt.failed ? attempt.outcome : new Error('the transaction was lost')
    if (attempt.failed) connection.run('ROLLBACK TO job')
    connection.run('RELEASE job')
  }

  /** What the writes of a group have left for its end. */
  private async finish(tried: readonly Attempt[]): Promise<void> {
    const tx = new SqliteTx(this.connection)
    for (const attempt of tried) if (!attempt.failed) for (const last of attempt.tx.last) await last(tx)
    tx.end()
  }

  private ring(doorbell: () => void): void {
    try {
      doorbell()
    } catch (error) {
      this.onDoorbellError(error)
    }
  }
}

class SqliteTx implements Tx {
  readonly doorbells: (() => void)[] = []
  readonly last: ((tx: Tx) => Promise<void>)[] = []
  private ended = false
  private lost = false

  constructor(private readonly connection: SqliteConnection) {}

  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    this.assertOpen()
    try {
      return this.connection.all(sql, ...values)
    } catch (error) {
      throw this.failed(error)
    }
  }

  get<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    this.assertOpen()
    try {
      return this.connection.get(sql, ...values)
    } catch (error) {
      throw this.failed(error)
    }
  }

  run(sql: string, ...values: SqlValue[]): number {
    this.assertOpen()
    try {
      return this.connection.run(sql, ...values)
    } catch (error) {
      throw this.failed(error)
    }
  }

  beforeCommit(fn: (tx: Tx) => Promise<void>): void {
    this.assertOpen()
    this.last.push(fn)
  }

  afterCommit(fn: () => void): void {
    this.assertOpen()
    this.doorbells.push(fn)
  }

  end(): void {
    this.ended = true
  }

  /** A statement that fails may take the transaction with it; without one the next would be durable by itself. */
  private failed(error: unknown): unknown {
    this.lost = !this.connection.driver.inTransaction
    return error
  }

  private assertOpen(): void {
    if (this.ended) throw new Error('this tx has ended: a write may only use its tx while it runs')
    if (this.lost) throw new Error('the transaction was lost')
  }
}
