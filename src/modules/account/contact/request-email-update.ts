import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { EmailCodes } from '../email-codes.js'

/** Asks for a change of address: gives whether it needs the code that has been sent to the present one. */
export class RequestEmailUpdate extends Command<boolean> {
  constructor(readonly did: Did) {
    super()
  }
}

@CommandHandler(RequestEmailUpdate)
export class RequestEmailUpdateHandler implements ICommandHandler<RequestEmailUpdate> {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly codes: EmailCodes,
  ) {}

  /** @throws XrpcError 400 InvalidRequest without an account. */
  execute({ did }: RequestEmailUpdate): Promise<boolean> {
    return this.database.write(async (tx) => {
      const present = await this.accounts.lockEmail(tx, did)
      if (!present) throw invalidRequest('account not found')
      if (present.confirmedAt === null) return false
      await this.codes.send(tx, { did }, 'update_email')
      return true
    })
  }
}
