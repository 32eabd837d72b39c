import { Injectable } from '@nestjs/common'
import { Clock } from '../config/clock.js'
import { BackupStatus } from './backup-status.js'
import { BackupProblem } from './backup-target.js'
import { Chains } from './chains.js'
import { type AccessWish, targetName } from './open-target.js'
import { parseKeep } from './retention.js'
import { Shipping } from './shipping.js'
import { makeSnapshot, type Snapshot } from './snapshot.js'

/** Where to, and what is kept there of what was there before. */
export interface BackupWish extends AccessWish {
  /** A folder or `s3://bucket/folder`; null: the target of the settings. */
  target: string | null
  /** See {@link parseKeep}; null: everything. */
  keep: string | null
}

/** Backups that somebody asks for. */
@Injectable()
export class Backups {
  private readonly running = new Set<string>()

  constructor(
    private readonly chains: Chains,
    private readonly shipping: Shipping,
    private readonly status: BackupStatus,
    private readonly clock: Clock,
  ) {}

  /** @throws ConfigError for what is no target; BackupProblem for what is kept, or as {@link Chains.hold} */
  assertPossible({ target, keep, identityFile }: BackupWish): void {
    if (keep !== null) parseKeep(keep)
    if (target === null && this.shipping.target === null) throw new BackupProblem('no target is given, nor set')
    const name = target === null ? this.shipping.target! : targetName(target)
    if (name === this.shipping.target && ![null, this.shipping.identityFile].includes(identityFile))
      throw new BackupProblem(
        `this server backs itself up to ${name}, as its settings say: BACKUP_IDENTITY_FILE is ` +
          (this.shipping.identityFile ?? 'not set'),
      )
    if (this.running.has(name)) throw new BackupProblem(`a backup to ${name} is under way`)
  }

  /** Makes a snapshot, while the server goes on. @throws as {@link assertPossible}; what the target throws */
  async run(wish: BackupWish, onProgress: (done: number, total: number) => void): Promise<Snapshot> {
    this.assertPossible(wish)
    const name = wish.target === null ? this.shipping.target! : targetName(wish.target)
    this.running.add(name)
    try {
      // What is shipped to anyway is this server's already.
      return name === this.shipping.target
        ? await this.shipping.snapshotNow(wish.keep)
        : await this.make(name, wish, onProgress)
    } finally {
      this.running.delete(name)
    }
  }

  private async make(
    name: string,
    { keep, ...access }: BackupWish,
    onProgress: (done: number, total: number) => void,
  ): Promise<Snapshot> {
    const held = await this.chains.hold(name, access)
    this.status.working++
    try {
      const chain = this.chains.begin(held.target)
      try {
        const snapshot = await makeSnapshot(chain, held, { keep, now: this.clock.now(), onProgress })
        this.status.snapshot = snapshot
        return snapshot
      } finally {
        this.chains.end(chain)
      }
    } finally {
      this.status.working--
      await held.lock.release().catch(() => undefined)
      held.target.close()
    }
  }
}
