import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Database } from '../../database/database.js'
import { type Finish, Outbox } from '../../outbox/outbox.js'
import { Accounts } from '../accounts.js'
import { EmailCodes } from '../email-codes.js'

const OUTBOX_KIND = 'password-reset'
const MAX_EMAIL = 320
/** Anybody may ask, and no mailbox shall be filled by that. */
const QUIET_MS = 60_000

/** Somebody who cannot sign in asks for a code to choose another password. */
export class RequestPasswordReset extends Command<void> {
  constructor(readonly email: string) {
    super()
  }
}

/**
 * Whether the address has an account is looked at after the answer, as work that the answer has promised: so neither what
 * it says nor the time that it takes tells anything.
 */
@CommandHandler(RequestPasswordReset)
export class RequestPasswordResetHandler implements ICommandHandler<RequestPasswordReset> {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly accounts: Accounts,
    private readonly codes: EmailCodes,
  ) {
    outbox.handle<{ email: string }>(OUTBOX_KIND, ({ email }) => this.sendTo(email))
  }

  async execute({ email }: RequestPasswordReset): Promise<void> {
    const payload = { email: email.slice(0, MAX_EMAIL + 1).trim() }
    await this.database.write((tx) => this.outbox.add(tx, OUTBOX_KIND, payload))
  }

  private async sendTo(email: string): Promise<Finish | void> {
    const account = await this.accounts.byEmail(email)
    if (account) return (tx) => this.codes.send(tx, account, 'reset_password', QUIET_MS)
  }
}
