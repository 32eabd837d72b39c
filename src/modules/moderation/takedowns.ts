import { Injectable } from '@nestjs/common'
import { isDid } from '../../repo-engine/index.js'
import { CommitLog } from '../commit-log/commit-log.js'
import { Clock } from '../config/clock.js'
import { Changes } from '../database/changes.js'
import { Database, type Tx } from '../database/database.js'
import { readIn } from '../database/in-list.js'
import { settleStatus } from '../repo/repo-status.js'

/** Whether the operator has taken something down; `ref` is what the operator files it under. */
export interface TakedownStatus {
  applied: boolean
  ref?: string
}

/** What the operator does not show: accounts (DIDs), records (at-uris), blobs (`did/cid`). */
@Injectable()
export class Takedowns {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
    private readonly log: CommitLog,
  ) {}

  /** Those of some subjects that are taken down. A record of an account that is, is not among them for that. */
  async of(subjects: readonly string[]): Promise<Set<string>> {
    const rows = await readIn<{ subject: string }>(
      this.database.read,
      (marks) => `SELECT subject FROM takedown WHERE subject IN (${marks})`,
      subjects,
    )
    return new Set(rows.map(({ subject }) => subject))
  }

  async status(subject: string): Promise<TakedownStatus> {
    const row = await this.database.read.get<{ ref: string | null }>(
      'SELECT ref FROM takedown WHERE subject = ?',
      subject,
    )
    if (!row) return { applied: false }
    return { applied: true, ...(row.ref !== null && { ref: row.ref }) }
  }

  /**
   * Takes something down, or shows it again. An account that is taken down can do nothing any more, its repository is given
   * to nobody, and the log says so; afterwards it is again what its owner says. Once more without a ref: it keeps the one it has.
   */
  async set(tx: Tx, subject: string, { applied, ref }: TakedownStatus): Promise<void> {
    if (applied)
      await tx.run(
        `INSERT INTO takedown (subject, ref, created_at) VALUES (?, ?, ?)
         ON CONFLICT (subject) DO UPDATE SET ref = coalesce(excluded.ref, takedown.ref)`,
        subject,
        ref ?? null,
        this.clock.now(),
      )
    else await tx.run('DELETE FROM takedown WHERE subject = ?', subject)
    if (isDid(subject)) await settleStatus(tx, this.log, subject)
    this.changed(tx, subject)
  }

  /** Says that what is shown of a subject is another thing from the end of this write on. */
  changed(tx: Tx, subject: string): void {
    this.changes.touch(tx, new Set([subject, accountOf(subject)]))
  }
}

/** What an account is shown by (its profile, that it is a labeler) are records, too. */
function accountOf(subject: string): string {
  return subject.startsWith('at://') ? subject.split('/')[2]! : subject.split('/')[0]!
}
