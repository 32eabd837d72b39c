import { Body, Controller, HttpCode, Post, type StreamableFile, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { ActionLog } from '../audit/action-log.js'
import { AdminGuard } from '../auth/guards.js'
import { Actor } from '../auth/viewer.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { progressLines } from '../xrpc/progress-lines.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { Input, XrpcProcedure } from '../xrpc/xrpc.js'
import { Accounts } from './accounts.js'
import { RotateKeys, type RotationWish } from './rotate-keys.js'
import { UpdateHandle } from './update-handle.js'
import { UpdateSigningKey } from './update-signing-key.js'

type Admin<Name extends string> = XrpcMethods[`com.atproto.admin.${Name}` & keyof XrpcMethods]

/** What the operator may do with the identities and the keys of accounts. */
@Controller()
@UseGuards(AdminGuard)
export class IdentityAdminController {
  constructor(
    private readonly commands: CommandBus,
    private readonly accounts: Accounts,
    private readonly actions: ActionLog,
  ) {}

  @XrpcProcedure('com.atproto.admin.updateAccountHandle')
  async updateHandle(
    @Input() { did, handle }: Admin<'updateAccountHandle'>['input'],
    @Actor() actor: string,
  ): Promise<void> {
    if (!(await this.accounts.byDid(did))) throw invalidRequest(`Could not find account: ${did}`, 'AccountNotFound')
    await this.commands.execute(new UpdateHandle(did as Did, handle, true))
    await this.actions.noteDone({ actor, action: 'update-handle', subject: did, reason: handle })
  }

  @XrpcProcedure('com.atproto.admin.updateAccountSigningKey')
  async updateSigningKey(
    @Input() { did, signingKey }: Admin<'updateAccountSigningKey'>['input'],
    @Actor() actor: string,
  ): Promise<void> {
    await this.commands.execute(new UpdateSigningKey(did as Did, signingKey))
    await this.actions.noteDone({ actor, action: 'update-signing-key', subject: did, reason: signingKey })
  }

  /**
   * Body: a {@link RotationWish}. Answers lines of progress, and last what has come out; the work goes on when nobody
   * listens. @throws XrpcError 400 for what is not that
   */
  @Post('/admin/keys/rotate')
  @HttpCode(200)
  rotate(@Body() body: unknown, @Actor() actor: string): StreamableFile {
    if (!isWish(body))
      throw invalidRequest('expected {signing: boolean, rotation: boolean, account: handle, DID or null}')
    return progressLines(async (tell) => {
      // Before: what is cut short has begun, and goes on by itself.
      await this.actions.noteDone({ actor, action: 'rotate-keys', subject: body.account ?? 'all' })
      return this.commands.execute(new RotateKeys(body, tell))
    })
  }
}

function isWish(body: unknown): body is RotationWish {
  const { signing, rotation, account } = (body ?? {}) as Partial<Record<string, unknown>>
  return (
    typeof signing === 'boolean' && typeof rotation === 'boolean' && (account === null || typeof account === 'string')
  )
}
