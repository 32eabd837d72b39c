import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { ActionLog } from '../audit/action-log.js'
import { AdminGuard } from '../auth/guards.js'
import { Actor } from '../auth/viewer.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { Input, XrpcProcedure } from '../xrpc/xrpc.js'
import { AdoptAccount, type AdoptedAccount, type AdoptionInput } from './sign-up/adopt-account.js'
import { DeleteAccount } from './life/delete-account.js'

/** What the operator may do with accounts: com.atproto.admin, and what no lexicon knows. */
@Controller()
@UseGuards(AdminGuard)
export class AccountAdminController {
  constructor(
    private readonly commands: CommandBus,
    private readonly actions: ActionLog,
  ) {}

  /** Answers when the account is gone for everybody; what it has left is removed in the background. */
  @XrpcProcedure('com.atproto.admin.deleteAccount')
  async deleteAccount(
    @Input() { did }: XrpcMethods['com.atproto.admin.deleteAccount']['input'],
    @Actor() actor: string,
  ): Promise<void> {
    await this.commands.execute(new DeleteAccount(did as Did))
    await this.actions.noteDone({ actor, action: 'delete-account', subject: did })
  }

  /**
   * Body: an {@link AdoptionInput}, which holds a private key: meant for the command line on the same machine.
   * Answers when the owner can sign in. @throws XrpcError 400 for what is not that
   */
  @Post('/admin/accounts/adopt')
  @HttpCode(200)
  async adoptAccount(@Body() body: unknown, @Actor() actor: string): Promise<AdoptedAccount> {
    if (!isAdoptionInput(body))
      throw invalidRequest('expected {did, email, password, handle?, rotationKey?}, all texts')
    const adopted = await this.commands.execute(new AdoptAccount(body))
    await this.actions.noteDone({ actor, action: 'adopt-account', subject: adopted.did })
    return adopted
  }
}

function isAdoptionInput(body: unknown): body is AdoptionInput {
  const { did, email, password, handle = '', rotationKey = '' } = (body ?? {}) as Partial<Record<string, unknown>>
  return [did, email, password, handle, rotationKey].every((value) => typeof value === 'string')
}
