import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Clock } from '../../config/clock.js'
import { Database } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { EmailCodes } from '../email-codes.js'

/** Notes that an account's address reaches its owner. `proof` is null when the operator says so. */
export class ConfirmEmail extends Command<void> {
  constructor(
    readonly did: Did,
    readonly proof: { email: string; code: string } | null,
  ) {
    super()
  }
}

/** @throws XrpcError 400 AccountNotFound; InvalidEmail for another address than the account's; InvalidToken, ExpiredToken. */
@CommandHandler(ConfirmEmail)
export class ConfirmEmailHandler implements ICommandHandler<ConfirmEmail> {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly codes: EmailCodes,
    private readonly clock: Clock,
  ) {}

  execute({ did, proof }: ConfirmEmail): Promise<void> {
    return this.database.write(async (tx) => {
      const present = await this.accounts.lockEmail(tx, did)
      if (!present) throw invalidRequest('user not found', 'AccountNotFound')
      if (proof) {
        if (present.email !== proof.email.trim().toLowerCase()) throw invalidRequest('invalid email', 'InvalidEmail')
        await this.codes.use(tx, did, 'confirm_email', proof.code)
      }
      await this.accounts.setEmail(tx, did, { ...present, confirmedAt: present.confirmedAt ?? this.clock.iso() })
    })
  }
}
