import { Controller, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { AdminGuard } from '../auth/guards.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { Input, XrpcProcedure } from '../xrpc/xrpc.js'
import { DeleteAccount } from './delete-account.js'

/** What the operator may do with accounts: com.atproto.admin. */
@Controller()
@UseGuards(AdminGuard)
export class AccountAdminController {
  constructor(private readonly commands: CommandBus) {}

  /** Answers when the account is gone for everybody; what it has left is removed in the background. */
  @XrpcProcedure('com.atproto.admin.deleteAccount')
  async deleteAccount(@Input() { did }: XrpcMethods['com.atproto.admin.deleteAccount']['input']): Promise<void> {
    await this.commands.execute(new DeleteAccount(did as Did))
  }
}
