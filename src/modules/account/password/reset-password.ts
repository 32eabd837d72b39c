import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Database } from '../../database/database.js'
import { EmailCodes } from '../email-codes.js'
import { checkNewPassword, Passwords } from './passwords.js'
import { NewCredentials } from './new-credentials.js'

/** Chooses another password by a code that was sent to the account's address. */
export class ResetPassword extends Command<void> {
  constructor(
    readonly code: string,
    readonly password: string,
  ) {
    super()
  }
}

/**
 * Whoever knew the old password is out: every session ends, those of app passwords too, and no other code works. What else a
 * sign-in needs stays. @throws XrpcError 400 InvalidToken, ExpiredToken, InvalidPassword.
 */
@CommandHandler(ResetPassword)
export class ResetPasswordHandler implements ICommandHandler<ResetPassword> {
  constructor(
    private readonly database: Database,
    private readonly codes: EmailCodes,
    private readonly passwords: Passwords,
    private readonly credentials: NewCredentials,
  ) {}

  async execute({ code, password }: ResetPassword): Promise<void> {
    checkNewPassword(password)
    const did = await this.codes.ownerOf('reset_password', code)
    // Hashing is costly: nothing that is no code gets that far.
    await this.codes.check(did, 'reset_password', code)
    const hash = await this.passwords.hash(password)
    await this.database.write(async (tx) => {
      await this.codes.use(tx, did, 'reset_password', code)
      await this.credentials.set(tx, did, hash)
    })
  }
}
