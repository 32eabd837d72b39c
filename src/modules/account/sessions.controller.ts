import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { AccessGuard } from '../auth/guards.js'
import { type ListedSession, Sessions } from '../auth/sessions.js'
import { requireFullAccess, Viewer } from '../auth/viewer.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { RevokeSessions } from './revoke-sessions.js'

/** Where an account is signed in: what its owner looks at and ends. No lexicon knows of it; plain JSON, full access only. */
@Controller()
@UseGuards(AccessGuard)
export class SessionsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly sessions: Sessions,
  ) {}

  /** `current`: the one that is asking. */
  @Get('/account/sessions')
  async list(@Viewer() viewer: Viewer): Promise<{ sessions: (ListedSession & { current: boolean })[] }> {
    requireFullAccess(viewer)
    const sessions = await this.sessions.list(viewer.did)
    return { sessions: sessions.map((session) => ({ ...session, current: session.id === viewer.sessionId })) }
  }

  /** Body: `{id}` of one of them, or `{others: true}`. Gives how many were ended. @throws XrpcError 400 for what is not that */
  @Post('/account/sessions/revoke')
  @HttpCode(200)
  async revoke(@Viewer() viewer: Viewer, @Body() body: unknown): Promise<{ revoked: number }> {
    requireFullAccess(viewer)
    const { id, others } = (body ?? {}) as Partial<Record<string, unknown>>
    const all = others === true && id === undefined
    if (!all && (typeof id !== 'string' || others !== undefined))
      throw invalidRequest('expected {id} of a session, or {others: true}')
    const which = all ? { allBut: viewer.sessionId! } : { id: id as string }
    return { revoked: await this.commands.execute(new RevokeSessions(viewer.did, which)) }
  }
}
