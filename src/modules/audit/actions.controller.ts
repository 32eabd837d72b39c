import { Controller, Get, Query, UseGuards } from '@nestjs/common'
import { AdminGuard } from '../auth/guards.js'
import { pageOf, textOf } from '../xrpc/page-query.js'
import { type Action, ActionLog } from './action-log.js'

/** The log of actions, for the operator. */
@Controller()
@UseGuards(AdminGuard)
export class ActionsController {
  constructor(private readonly log: ActionLog) {}

  /** `?subject=&limit=&cursor=`, newest first. @throws XrpcError 400 InvalidRequest for a malformed one */
  @Get('/admin/actions')
  async list(@Query() query: Record<string, unknown>): Promise<{ actions: Action[]; cursor?: string }> {
    const { limit, before } = pageOf(query)
    const found = await this.log.list({ subject: textOf(query, 'subject'), before, limit: limit + 1 })
    const actions = found.slice(0, limit)
    return { actions, ...(found.length > limit && { cursor: String(actions.at(-1)!.id) }) }
  }
}
