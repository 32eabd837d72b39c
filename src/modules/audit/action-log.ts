import { Injectable } from '@nestjs/common'
import { Clock } from '../config/clock.js'
import { Database, type Tx } from '../database/database.js'

/** What somebody did as the operator or a moderator. */
export interface NewAction {
  /** `admin`, `cli`, or the DID of a moderator. */
  actor: string
  /** In a word: `takedown`, `delete-account`. */
  action: string
  /** A DID, an at-uri, `did/cid` for a blob, or what else it was done to. */
  subject: string
  /** Why, in the words of whoever did it. */
  reason?: string | null
}

/** A line of the log; `id` says where it stands, `at` is RFC 3339. */
export interface Action {
  id: number
  at: string
  actor: string
  action: string
  subject: string
  reason: string | null
}

export interface ActionQuery {
  /** Only what was done to this. */
  subject?: string | null
  /** Only what is older than the line of this number. */
  before?: number | null
  limit: number
}

/** Longest that is kept of any of its texts, in characters. */
const MAX_TEXT = 2_000

/** Who has done what here as the operator or a moderator, when, to what, and why. Lines are never changed or removed. */
@Injectable()
export class ActionLog {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Writes a line in the write that does it. Never its first statement. */
  async note(tx: Tx, { actor, action, subject, reason = null }: NewAction): Promise<void> {
    await tx.run(
      'INSERT INTO action (at, actor, action, subject, reason) VALUES (?, ?, ?, ?, ?)',
      this.clock.now(),
      actor,
      action,
      subject.slice(0, MAX_TEXT),
      reason?.slice(0, MAX_TEXT) ?? null,
    )
  }

  /** As {@link note}, in a write of its own: for what was done by a command that has its own. */
  async noteDone(action: NewAction): Promise<void> {
    await this.database.write((tx) => this.note(tx, action))
  }

  /** Lines, newest first. */
  async list({ subject = null, before = null, limit }: ActionQuery): Promise<Action[]> {
    const after = before ?? Number.MAX_SAFE_INTEGER
    const columns = 'SELECT id, at, actor, action, subject, reason FROM action'
    const rows =
      subject === null
        ? await this.database.read.all<Row>(`${columns} WHERE id < ? ORDER BY id DESC LIMIT ?`, after, limit)
        : await this.database.read.all<Row>(
            `${columns} WHERE subject = ? AND id < ? ORDER BY id DESC LIMIT ?`,
            subject,
            after,
            limit,
          )
    return rows.map((row) => ({ ...row, at: new Date(row.at).toISOString() }))
  }
}

interface Row extends Omit<Action, 'at'> {
  at: number
}
