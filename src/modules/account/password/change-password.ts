import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { invalidRequest, unauthorized } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { CurrentPassword } from '../factors/current-password.js'
import { checkNewPassword, Passwords } from './passwords.js'
import { NewCredentials } from './new-credentials.js'

/** Chooses another password, by somebody who is signed in and knows the present one. */
export class ChangePassword extends Command<void> {
  constructor(
    readonly did: Did,
    readonly sessionId: string | null,
    readonly current: string,
    readonly next: string,
  ) {
    super()
  }
}

/** Every other session ends. @throws XrpcError 400 InvalidPassword for the new one; as {@link CurrentPassword.demand}. */
@CommandHandler(ChangePassword)
export class ChangePasswordHandler implements ICommandHandler<ChangePassword> {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly current: CurrentPassword,
    private readonly passwords: Passwords,
    private readonly credentials: NewCredentials,
  ) {}

  async execute({ did, sessionId, current, next }: ChangePassword): Promise<void> {
    checkNewPassword(next)
    const account = await this.accounts.byDid(did)
    if (!account) throw invalidRequest('user not found', 'AccountNotFound')
    await this.current.demand(account, current)
    const hash = await this.passwords.hash(next)
    await this.database.write(async (tx) => {
      // A reset that came in between has the last word.
      if (!(await this.credentials.set(tx, did, hash, { before: account.password, keep: sessionId })))
        throw unauthorized('Invalid password')
    })
  }
}
