import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database, type Tx } from '../database/database.js'
import { within } from '../log/scope.js'
import { traced } from '../tracing/spans.js'

/** What is written in the same transaction that takes the finished work off the list. */
export type Finish = (tx: Tx) => Promise<void>

/**
 * Work of one kind, given the payload it was promised with. It is done again after an error or a crash, so it must
 * find out by itself how far it has come. Work that takes long throws when the server stops, which `stop` tells.
 * It gives its finish; work that has to hold something until that is written has `end` write it instead.
 * @throws GivenUp when there is no point in trying again.
 */
export type Work<Payload> = (
  payload: Payload,
  stop: AbortSignal,
  end: (finish: Finish) => Promise<void>,
) => Promise<Finish | void>

/** The work cannot be done, ever, for a `cause`; `undo` takes back what was written on the assumption that it can. */
export class GivenUp extends Error {
  constructor(
    override readonly cause: Error,
    readonly undo: Finish,
  ) {
    super(cause.message)
  }
}

/** What is owed of one kind of work, and what has come of it since the start. */
export interface OutboxFigures {
  kind: string
  /** Promises that are kept. */
  waiting: number
  /** Those among them that have been tried in vain. */
  failing: number
  /** How long the one that was due first has been due; 0 where none is. */
  oldestSeconds: number
  done: number
  /** Attempts that came to nothing, those of work that was given up included. */
  failed: number
  givenUp: number
}

interface Row {
  id: number
  kind: string
  payload: string
  attempts: number
}

const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 10 * 60 * 1000
/** Longest sleep. Timers stand still while the machine sleeps, and know nothing of a clock that is set. */
const LONGEST_NAP_MS = 5_000
const AT_ONCE = 8

/**
 * Promises to the world outside (a PLC operation, a mail), made in the transaction that they follow from, and kept
 * afterwards: at once, again after a failure at growing intervals, and after a restart.
 */
@Injectable()
export class Outbox implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Outbox')
  private readonly works = new Map<string, Work<never>>()
  private readonly ended = new Map<string, { done: number; failed: number; givenUp: number }>()
  private readonly inHand = new Map<number, Promise<void>>()
  private timer: NodeJS.Timeout | undefined
  private readonly stop = new AbortController()

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly http: HttpAdapterHost,
  ) {}

  private get stopped(): boolean {
    return this.stop.signal.aborted
  }

  /** Says who does the work of a kind; before the application starts. */
  handle<Payload>(kind: string, work: Work<Payload>): void {
    this.works.set(kind, work as Work<never>)
  }

  /** Promises some work, and has it begun once the write is committed, unless the caller sees to that. Gives its number. */
  async add(tx: Tx, kind: string, payload: unknown, begins = true): Promise<number> {
    const now = this.clock.now()
    const row = await tx.get<{ id: number }>(
      'INSERT INTO outbox (kind, payload, attempts, due_at, first_due_at) VALUES (?, ?, 0, ?, ?) RETURNING id',
      kind,
      JSON.stringify(payload),
      now,
      now,
    )
    if (begins) tx.afterCommit(() => void this.perform(row!.id).catch(() => {}))
    return row!.id
  }

  /** Promises some work from a moment on (milliseconds since the epoch), unless the same work is promised already. */
  async addOnce(tx: Tx, kind: string, payload: unknown, notBefore = 0): Promise<void> {
    const now = this.clock.now()
    const dueAt = Math.max(now, notBefore)
    const row = await tx.get<{ id: number }>(
      `INSERT INTO outbox (kind, payload, attempts, due_at, first_due_at) SELECT ?, ?, 0, ?, ?
       WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE kind = ? AND payload = ?) RETURNING id`,
      kind,
      JSON.stringify(payload),
      dueAt,
      dueAt,
      kind,
      JSON.stringify(payload),
    )
    if (!row) return
    tx.afterCommit(() => void (notBefore <= now ? this.perform(row.id) : this.sleep()).catch(() => {}))
  }

  /** Takes back everything that was promised for an account, also what is in hand. */
  async forget(tx: Tx, did: Did): Promise<void> {
    const rows = await tx.all<{ id: number; payload: string }>('SELECT id, payload FROM outbox')
    for (const { id, payload } of rows)
      if ((JSON.parse(payload) as { did?: string }).did === did) await tx.run('DELETE FROM outbox WHERE id = ?', id)
  }

  /** Of every kind that somebody does the work of, or that is promised. */
  async figures(): Promise<OutboxFigures[]> {
    const rows = await this.database.read.all<{ kind: string; waiting: number; failing: number; due: number | null }>(
      `SELECT kind, count(*) AS waiting, sum(CASE WHEN attempts > 0 THEN 1 ELSE 0 END) AS failing, min(first_due_at) AS due
       FROM outbox GROUP BY kind`,
    )
    const promised = new Map(rows.map((row) => [row.kind, row]))
    const now = this.clock.now()
    return [...new Set([...this.works.keys(), ...promised.keys()])].sort().map((kind) => {
      const { waiting = 0, failing = 0, due = null } = promised.get(kind) ?? {}
      return { kind, waiting, failing, oldestSeconds: Math.max(0, now - (due ?? now)) / 1000, ...this.endedOf(kind) }
    })
  }

  private endedOf(kind: string): { done: number; failed: number; givenUp: number } {
    let ended = this.ended.get(kind)
    if (!ended) this.ended.set(kind, (ended = { done: 0, failed: 0, givenUp: 0 }))
    return ended
  }

  /** Has the work done now, or joins whoever is doing it. @throws what the work throws; it stays promised then. */
  perform(id: number): Promise<void> {
    let attempt = this.inHand.get(id)
    if (!attempt) {
      attempt = this.attempt(id).finally(() => this.inHand.delete(id))
      this.inHand.set(id, attempt)
    }
    return attempt
  }

  /** Takes up what an earlier run of the server has left, without waiting for it. */
  onApplicationBootstrap(): void {
    // A command that only borrows the server's rooms leaves old work to the server.
    if (!this.http.httpAdapter) return
    void this.run(Number.MAX_SAFE_INTEGER)
    this.clock.onSet(() => void this.run(this.clock.now()))
  }

  /** Leaves the rest to the next run. */
  onApplicationShutdown(): void {
    this.stop.abort()
    clearTimeout(this.timer)
  }

  /** Does all that is due by a moment, then sleeps until something is. */
  private async run(dueBy: number): Promise<void> {
    try {
      let after = 0
      for (;;) {
        const rows = await this.database.read.all<{ id: number }>(
          'SELECT id FROM outbox WHERE due_at <= ? AND id > ? ORDER BY id LIMIT ?',
          dueBy,
          after,
          AT_ONCE,
        )
        if (rows.length === 0 || this.stopped) break
        await Promise.allSettled(rows.map(({ id }) => this.perform(id)))
        after = rows.at(-1)!.id
      }
      await this.sleep()
    } catch (error) {
      if (!this.stopped) this.logger.error(error)
    }
  }

  private async sleep(): Promise<void> {
    const next = await this.database.read.get<{ due: number | null }>('SELECT min(due_at) AS due FROM outbox')
    if (this.stopped || next?.due == null) return
    clearTimeout(this.timer)
    const wait = Math.min(Math.max(next.due - this.clock.now(), FIRST_RETRY_MS), LONGEST_NAP_MS)
    // It goes on with the work of others.
    within(undefined, () => (this.timer = setTimeout(() => void this.run(this.clock.now()), wait).unref()))
  }

  private async attempt(id: number): Promise<void> {
    const row = await this.database.read.get<Row>('SELECT id, kind, payload, attempts FROM outbox WHERE id = ?', id)
    if (!row || this.stopped) return
    try {
      const work = this.works.get(row.kind)
      if (!work) throw new Error(`nobody does the work of kind ${row.kind}`)
      await traced({ name: `outbox ${row.kind}`, attributes: { 'skylog.outbox.attempts': row.attempts } }, async () => {
        const finish = await work(JSON.parse(row.payload) as never, this.stop.signal, (last) => this.remove(id, last))
        await this.remove(id, finish)
      })
      this.endedOf(row.kind).done++
    } catch (error) {
      const ended = this.endedOf(row.kind)
      ended.failed++
      if (error instanceof GivenUp) ended.givenUp++
      if (error instanceof GivenUp) await this.remove(id, error.undo)
      else await this.putOff(row, error)
      throw error instanceof GivenUp ? error.cause : error
    }
  }

  /** What has been taken back in the meantime has no end. */
  private async remove(id: number, finish: Finish | void): Promise<void> {
    await this.database.write(async (tx) => {
      if ((await tx.run('DELETE FROM outbox WHERE id = ?', id)) > 0) await finish?.(tx)
    })
  }

  private async putOff({ id, kind, attempts }: Row, error: unknown): Promise<void> {
    if (this.stopped) return
    const message = String((error as Error)?.message ?? error)
    const delay = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts, 20), LAST_RETRY_MS)
    this.logger.warn(`${kind} ${id} is tried again in ${delay / 1000} s: ${message}`)
    const dueAt = this.clock.now() + delay
    await this.database.write(async (tx) => {
      await tx.run(
        'UPDATE outbox SET attempts = attempts + 1, due_at = ?, last_error = ? WHERE id = ?',
        dueAt,
        message,
        id,
      )
    })
    await this.sleep()
  }
}
