import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Clock } from '../../config/clock.js'
import { Database, type Tx } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Accounts, type StoredEmail } from '../accounts.js'
import { EmailCodes } from '../email-codes.js'
import { checkEmail } from '../sign-up/sign-up-rules.js'

/** What an owner wants of the address; a factor that is not mentioned stays as it is. */
export interface EmailUpdate {
  email: string
  emailAuthFactor?: boolean
  token?: string
}

/** Changes the address of an account, and whether a sign-in needs a code that is sent there. */
export class UpdateEmail extends Command<void> {
  constructor(
    readonly did: Did,
    readonly update: EmailUpdate,
  ) {
    super()
  }
}

/**
 * Where the present address is confirmed, a code that was sent there is needed; only asking for more security is not held up
 * by that, as clients expect. A new address is not confirmed, and the second factor sleeps until it is.
 * @throws XrpcError 400 TokenRequired, InvalidToken, ExpiredToken; InvalidRequest for an address that is none or is taken, and
 * for a second factor over an address that is not confirmed.
 */
@CommandHandler(UpdateEmail)
export class UpdateEmailHandler implements ICommandHandler<UpdateEmail> {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly codes: EmailCodes,
    private readonly clock: Clock,
  ) {}

  execute({ did, update }: UpdateEmail): Promise<void> {
    const email = checkEmail(update.email)
    return this.database.write(async (tx) => {
      const present = await this.accounts.lockEmail(tx, did)
      if (!present) throw invalidRequest('user not found')
      const isSame = present.email === email
      if (present.confirmedAt !== null) await this.demandCode(tx, did, update, isSame)
      const factorAt = this.factorOf(present, update.emailAuthFactor, isSame)
      const confirmedAt = isSame ? present.confirmedAt : null
      await this.accounts.setEmail(tx, did, { email, confirmedAt, factorAt })
      // What was sent to the old address is worth nothing any more.
      if (!isSame) await this.codes.forget(tx, did)
    })
  }

  private async demandCode(tx: Tx, did: Did, { token, emailAuthFactor }: EmailUpdate, isSame: boolean): Promise<void> {
    if (token) return this.codes.use(tx, did, 'update_email', token)
    const onlyStronger = isSame && emailAuthFactor === true
    if (!onlyStronger) throw invalidRequest('confirmation token required', 'TokenRequired')
  }

  private factorOf(
    { confirmedAt, factorAt }: StoredEmail,
    wanted: boolean | undefined,
    isSame: boolean,
  ): string | null {
    if (wanted === false) return null
    if (wanted === undefined || factorAt !== null) return factorAt
    if (!isSame || confirmedAt === null)
      throw invalidRequest('Your email must be confirmed before sign in codes can be sent to it')
    return this.clock.iso()
  }
}
