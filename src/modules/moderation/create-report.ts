import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database } from '../database/database.js'
import type { ComAtprotoModerationCreateReportModTool } from '../lexicon/types.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { ReportForwarding, type ReportTarget } from './report-forwarding.js'
import { isReason } from './report-reasons.js'
import { accountOfSubject, plainSubject, type Subject, takedownKeyOf } from './subject.js'

/** What somebody reports. */
export interface NewReport {
  reasonType: string
  reason?: string
  subject: Subject
  modTool?: ComAtprotoModerationCreateReportModTool
}

/** Puts a report into the inbox, and promises it to whoever else is to have it (null: nobody). Gives number and moment. */
export class CreateReport extends Command<{ id: number; createdAt: string }> {
  constructor(
    readonly by: Did,
    readonly report: NewReport,
    readonly target: ReportTarget | null,
  ) {
    super()
  }
}

/** What one account may report in an hour. */
const MAX_AN_HOUR = 100
const HOUR_MS = 60 * 60 * 1000
const MAX_TOOL_NAME = 256
const MAX_TOOL_JSON = 8_192

@CommandHandler(CreateReport)
export class CreateReportHandler implements ICommandHandler<CreateReport> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly forwarding: ReportForwarding,
  ) {}

  /** @throws XrpcError 400 InvalidRequest for what cannot be reported so; 429 RateLimitExceeded */
  async execute({ by, report, target }: CreateReport): Promise<{ id: number; createdAt: string }> {
    const { reasonType, reason = null, modTool } = report
    if (!isReason(reasonType)) throw invalidRequest(`Invalid reason type: ${reasonType.slice(0, 100)}`)
    const subject = plainSubject(report.subject)
    const tool = modTool === undefined ? null : JSON.stringify(modTool)
    if (tool !== null && (modTool!.name.length > MAX_TOOL_NAME || tool.length > MAX_TOOL_JSON))
      throw invalidRequest('modTool is too large')
    const now = this.clock.now()
    const id = await this.database.write(async (tx) => {
      const row = await tx.get<{ id: number }>(
        `INSERT INTO report (reason_type, reason, did, subject, ref, mod_tool, reported_by, created_at)
         SELECT ?, ?, ?, ?, ?, ?, ?, ?
         WHERE (SELECT count(*) FROM report WHERE reported_by = ? AND created_at > ?) < ${MAX_AN_HOUR} RETURNING id`,
        reasonType,
        reason,
        accountOfSubject(subject),
        takedownKeyOf(subject),
        JSON.stringify(subject),
        tool,
        by,
        now,
        by,
        now - HOUR_MS,
      )
      if (!row) throw new XrpcError(429, 'RateLimitExceeded', 'Too many reports; try again in an hour')
      if (target) await this.forwarding.promise(tx, by, row.id, target)
      return row.id
    })
    return { id, createdAt: new Date(now).toISOString() }
  }
}
