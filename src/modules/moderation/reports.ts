import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { ActionLog } from '../audit/action-log.js'
import { Clock } from '../config/clock.js'
import { Database, type Reader } from '../database/database.js'
import type { ComAtprotoModerationCreateReportModTool } from '../lexicon/types.js'
import type { Subject } from './subject.js'

/** What an account has reported. Times are RFC 3339. */
export interface Report {
  id: number
  reasonType: string
  reason: string | null
  subject: Subject
  /** What it was reported with. */
  modTool: ComAtprotoModerationCreateReportModTool | null
  reportedBy: Did
  createdAt: string
  /** Null: it is open. */
  resolvedAt: string | null
  resolvedBy: string | null
  note: string | null
}

export interface ReportQuery {
  /** Null: both. */
  open: boolean | null
  /** Only reports older than the one of this number. */
  before: number | null
  limit: number
}

interface Row {
  id: number
  reason_type: string
  reason: string | null
  ref: string
  mod_tool: string | null
  reported_by: Did
  created_at: number
  resolved_at: number | null
  resolved_by: string | null
  note: string | null
}

const SELECT = `SELECT id, reason_type, reason, ref, mod_tool, reported_by, created_at, resolved_at, resolved_by, note
  FROM report WHERE `

/** The inbox of reports. */
@Injectable()
export class Reports {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly actions: ActionLog,
  ) {}

  /** Newest first. */
  async list({ open, before, limit }: ReportQuery): Promise<Report[]> {
    const which = open === null ? '' : `AND resolved_at IS ${open ? '' : 'NOT '}NULL`
    const rows = await this.database.read.all<Row>(
      `${SELECT} id < ? ${which} ORDER BY id DESC LIMIT ?`,
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    )
    return rows.map(reportOf)
  }

  async find(id: number, reader: Reader = this.database.read): Promise<Report | null> {
    const row = await reader.get<Row>(`${SELECT} id = ?`, id)
    return row ? reportOf(row) : null
  }

  /** Closes reports. Gives the numbers of those that were open. */
  async resolve(ids: readonly number[], note: string | null, actor: string): Promise<number[]> {
    const now = this.clock.now()
    return this.database.write(async (tx) => {
      const resolved: number[] = []
      for (const id of new Set(ids)) {
        const row = await tx.get<{ subject: string }>(
          `UPDATE report SET resolved_at = ?, resolved_by = ?, note = ? WHERE id = ? AND resolved_at IS NULL RETURNING subject`,
          now,
          actor,
          note,
          id,
        )
        if (!row) continue
        resolved.push(id)
        const reason = note === null ? `report ${id}` : `report ${id}: ${note}`
        await this.actions.note(tx, { actor, action: 'resolve-report', subject: row.subject, reason })
      }
      return resolved
    })
  }
}

function reportOf(row: Row): Report {
  return {
    id: row.id,
    reasonType: row.reason_type,
    reason: row.reason,
    subject: JSON.parse(row.ref) as Subject,
    modTool: row.mod_tool === null ? null : (JSON.parse(row.mod_tool) as Report['modTool']),
    reportedBy: row.reported_by,
    createdAt: new Date(row.created_at).toISOString(),
    resolvedAt: row.resolved_at === null ? null : new Date(row.resolved_at).toISOString(),
    resolvedBy: row.resolved_by,
    note: row.note,
  }
}
