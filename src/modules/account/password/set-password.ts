import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { checkNewPassword, Passwords } from './passwords.js'
import { NewCredentials } from './new-credentials.js'

/** Gives an account another password, because the operator says so. Every session ends. */
export class SetPassword extends Command<void> {
  constructor(
    readonly did: Did,
    readonly password: string,
  ) {
    super()
  }
}

/** @throws XrpcError 400 InvalidPassword, AccountNotFound. */
@CommandHandler(SetPassword)
export class SetPasswordHandler implements ICommandHandler<SetPassword> {
  constructor(
    private readonly database: Database,
    private readonly passwords: Passwords,
    private readonly credentials: NewCredentials,
  ) {}

  async execute({ did, password }: SetPassword): Promise<void> {
    checkNewPassword(password)
    const hash = await this.passwords.hash(password)
    await this.database.write(async (tx) => {
      if (!(await this.credentials.set(tx, did, hash)))
        throw invalidRequest(`Account does not exist: ${did}`, 'AccountNotFound')
    })
  }
}
