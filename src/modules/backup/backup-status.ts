import { Injectable } from '@nestjs/common'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { targetName } from './open-target.js'
import type { Snapshot } from './snapshot.js'

/** What there is to say of the backups of this server. Times are RFC 3339. */
export interface BackupFigures {
  /** The target of the settings; null: nothing is shipped. */
  target: string | null
  /** Whether what is there is encrypted. */
  encrypted: boolean
  /** The newest snapshot that was made since the server started, whatever its target. */
  snapshot: Snapshot | null
  /** Whether one is being made. */
  isWorking: boolean
  /** The number of the log's last event that was shipped. */
  shippedSeq: number | null
  /** When something was last found to be shipped in full. */
  lastSuccess: string | null
  /** For how long what was written is not known to be shipped, in milliseconds; null where nothing is shipped yet. */
  lagMs: number | null
  /** Bytes of segments since the server started. */
  shippedBytes: number
  /** Tries that failed since the last that did not, and since the start; and why the last one failed. */
  failuresInARow: number
  failures: number
  lastError: string | null
}

/** The figures, for whoever shows or measures them. */
@Injectable()
export class BackupStatus {
  snapshot: Snapshot | null = null
  working = 0
  shippedSeq: number | null = null
  shippedBytes = 0
  /** Milliseconds since the epoch. */
  private toldUntil: number | null = null
  private failuresInARow = 0
  private failures = 0
  private lastError: string | null = null

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Everything that was written by a moment is shipped. */
  succeeded(until: number): void {
    this.toldUntil = until
    this.failuresInARow = 0
  }

  failed(error: unknown): void {
    this.failures++
    this.failuresInARow++
    this.lastError = error instanceof Error ? error.message : String(error)
  }

  figures(): BackupFigures {
    const { snapshot, shippedSeq, shippedBytes, failures, failuresInARow, lastError, toldUntil } = this
    const { target, identityFile } = this.config.backup
    return {
      target: target === null ? null : targetName(target),
      encrypted: target !== null && identityFile !== null,
      snapshot,
      isWorking: this.working > 0,
      shippedSeq,
      lastSuccess: toldUntil === null ? null : new Date(toldUntil).toISOString(),
      lagMs: toldUntil === null ? null : Math.max(this.clock.now() - toldUntil, 0),
      shippedBytes,
      failuresInARow,
      failures,
      lastError,
    }
  }
}
