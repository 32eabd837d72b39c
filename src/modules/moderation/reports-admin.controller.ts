import { Body, Controller, Get, HttpCode, Post, Query, UseGuards } from '@nestjs/common'
import { AdminGuard } from '../auth/guards.js'
import { Actor } from '../auth/viewer.js'
import { pageOf, textOf } from '../xrpc/page-query.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { type Report, Reports } from './reports.js'

const STATUSES: Readonly<Record<string, boolean | null>> = { open: true, closed: false, all: null }
const MAX_IDS = 100
const MAX_NOTE = 2_000

/** The inbox of reports, for the operator. */
@Controller()
@UseGuards(AdminGuard)
export class ReportsAdminController {
  constructor(private readonly reports: Reports) {}

  /** `?status=open|closed|all&limit=&cursor=`, newest first, open ones unless told. @throws XrpcError 400 InvalidRequest */
  @Get('/admin/reports')
  async list(@Query() query: Record<string, unknown>): Promise<{ reports: Report[]; cursor?: string }> {
    const status = textOf(query, 'status') ?? 'open'
    const open = STATUSES[status]
    if (open === undefined) throw invalidRequest('status must be open, closed or all')
    const { limit, before } = pageOf(query)
    const found = await this.reports.list({ open, before, limit: limit + 1 })
    const reports = found.slice(0, limit)
    return { reports, ...(found.length > limit && { cursor: String(reports.at(-1)!.id) }) }
  }

  /** Body: `{ids, note?}`. Answers the numbers of those that were open. @throws XrpcError 400 InvalidRequest for what is not that */
  @Post('/admin/reports/resolve')
  @HttpCode(200)
  async resolve(
    @Body() body: { ids?: unknown; note?: unknown } | undefined,
    @Actor() actor: string,
  ): Promise<{ resolved: number[] }> {
    const { ids, note = null } = body ?? {}
    const isList = Array.isArray(ids) && ids.length > 0 && ids.length <= MAX_IDS
    if (!isList || !ids.every((id) => Number.isSafeInteger(id)))
      throw invalidRequest(`expected {ids: the numbers of 1 to ${MAX_IDS} reports, note: text}`)
    if (note !== null && (typeof note !== 'string' || note.length > MAX_NOTE))
      throw invalidRequest(`note must be a text of at most ${MAX_NOTE} characters`)
    return { resolved: await this.reports.resolve(ids as number[], note, actor) }
  }
}
