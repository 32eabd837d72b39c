import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { Guesses } from './guesses.js'
import { Totp } from './totp.js'

/** Lets an account in by its password alone again, because the operator says so: a phone was lost. */
export class RemoveFactors extends Command<void> {
  constructor(readonly did: Did) {
    super()
  }
}

/** @throws XrpcError 400 AccountNotFound */
@CommandHandler(RemoveFactors)
export class RemoveFactorsHandler implements ICommandHandler<RemoveFactors> {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly totp: Totp,
    private readonly guesses: Guesses,
  ) {}

  execute({ did }: RemoveFactors): Promise<void> {
    return this.database.write(async (tx) => {
      const present = await this.accounts.lockEmail(tx, did)
      if (!present) throw invalidRequest(`Account does not exist: ${did}`, 'AccountNotFound')
      await this.accounts.setEmail(tx, did, { ...present, factorAt: null })
      await this.totp.remove(tx, did)
      await this.guesses.forgetAll(tx, did)
    })
  }
}
