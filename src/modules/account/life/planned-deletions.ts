import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Clock } from '../../config/clock.js'
import { Database, type Tx } from '../../database/database.js'
import { DeleteAccount } from './delete-account.js'

/** Longest sleep. Timers stand still while the machine sleeps, and know nothing of a clock that is set. */
const LONGEST_NAP_MS = 30_000
const SHORTEST_NAP_MS = 1_000
const AT_ONCE = 20

/**
 * Deletes deactivated accounts when the time has come that their owners have set, also after a restart. Only what is
 * deactivated then: what the operator has taken down waits for the operator.
 */
@Injectable()
export class PlannedDeletions implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('PlannedDeletions')
  private timer: NodeJS.Timeout | undefined
  private stopped = false
  /** One after another: what two find due at once is deleted once. */
  private running: Promise<void> = Promise.resolve()

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly http: HttpAdapterHost,
  ) {}

  /** Sets when an account is to be deleted (milliseconds since the epoch); null: it is not. Nothing for one that is gone. */
  async plan(tx: Tx, did: Did, dueAt: number | null): Promise<void> {
    if (dueAt === null) return void (await tx.run('DELETE FROM planned_deletion WHERE did = ?', did))
    await tx.run(
      `INSERT INTO planned_deletion (did, due_at) SELECT did, ? FROM account WHERE did = ?
       ON CONFLICT (did) DO UPDATE SET due_at = excluded.due_at`,
      dueAt,
      did,
    )
    tx.afterCommit(() => void this.sleep())
  }

  /** Takes up what has become due while the server was away. */
  onApplicationBootstrap(): void {
    // A command that only borrows the server's rooms leaves old work to the server.
    if (!this.http.httpAdapter) return
    this.begin()
    this.clock.onSet(() => this.begin())
  }

  onApplicationShutdown(): void {
    this.stopped = true
    clearTimeout(this.timer)
  }

  private begin(): void {
    this.running = this.running.then(() => this.run())
  }

  private async run(): Promise<void> {
    let failed = false
    try {
      const now = this.clock.now()
      const due = await this.database.read.all<{ did: Did }>(
        `SELECT p.did FROM planned_deletion p JOIN repo r ON r.did = p.did AND r.status = 'deactivated'
         WHERE p.due_at <= ? ORDER BY p.due_at LIMIT ${AT_ONCE}`,
        now,
      )
      // One after another: an erasure is work for the disk.
      for (const { did } of due) {
        if (this.stopped) return
        // One that cannot be deleted does not hold the others up.
        await this.commands.execute(new DeleteAccount(did, now)).catch((error: unknown) => {
          failed = true
          this.logger.error(error)
        })
      }
    } catch (error) {
      failed = true
      if (!this.stopped) this.logger.error(error)
    }
    await this.sleep(failed)
  }

  /** Never rejects. `failed`: it is not tried again at once. */
  private async sleep(failed = false): Promise<void> {
    if (this.stopped || !this.http.httpAdapter) return
    const wait = await this.nap().catch((error: unknown) => {
      if (!this.stopped) this.logger.error(error)
      return LONGEST_NAP_MS
    })
    clearTimeout(this.timer)
    if (this.stopped || wait === null) return
    this.timer = setTimeout(() => this.begin(), failed ? LONGEST_NAP_MS : wait).unref()
  }

  /** How long there is nothing to do, in milliseconds; null: for ever. */
  private async nap(): Promise<number | null> {
    const next = await this.database.read.get<{ plans: number; due: number | null }>(
      `SELECT count(*) AS plans, min(CASE WHEN r.status = 'deactivated' THEN p.due_at END) AS due
       FROM planned_deletion p LEFT JOIN repo r ON r.did = p.did`,
    )
    if (!next?.plans) return null
    // One that is taken down is looked at now and then.
    const due = next.due === null ? LONGEST_NAP_MS : next.due - this.clock.now()
    return Math.min(Math.max(due, SHORTEST_NAP_MS), LONGEST_NAP_MS)
  }
}
