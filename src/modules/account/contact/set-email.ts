import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { EmailCodes } from '../email-codes.js'
import { checkEmail } from '../sign-up/sign-up-rules.js'

/** Gives an account another address, which is not confirmed, because the operator says so. */
export class SetEmail extends Command<void> {
  constructor(
    readonly did: Did,
    readonly email: string,
  ) {
    super()
  }
}

/** @throws XrpcError 400 AccountNotFound; InvalidRequest for an address that is none, or is taken. */
@CommandHandler(SetEmail)
export class SetEmailHandler implements ICommandHandler<SetEmail> {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly codes: EmailCodes,
  ) {}

  execute({ did, email: text }: SetEmail): Promise<void> {
    const email = checkEmail(text)
    return this.database.write(async (tx) => {
      const present = await this.accounts.lockEmail(tx, did)
      if (!present) throw invalidRequest(`Account does not exist: ${did}`, 'AccountNotFound')
      await this.accounts.setEmail(tx, did, { ...present, email, confirmedAt: null })
      await this.codes.forget(tx, did)
    })
  }
}
