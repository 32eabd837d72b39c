import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { invalidRequest, unauthorized } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { DeleteAccount } from './delete-account.js'
import { EmailCodes } from '../email-codes.js'
import { MAX_LOGIN_LENGTH, Passwords } from '../password/passwords.js'

/** Deletes an account because its owner, who need not be signed in, wants it so: shown by password and code. */
export class DeleteOwnAccount extends Command<void> {
  constructor(
    readonly did: Did,
    readonly password: string,
    readonly code: string,
  ) {
    super()
  }
}

/**
 * Also an account that is deactivated or taken down. @throws XrpcError 400 InvalidRequest without an account, InvalidToken,
 * ExpiredToken; 401 for a wrong password. The code works again after these.
 */
@CommandHandler(DeleteOwnAccount)
export class DeleteOwnAccountHandler implements ICommandHandler<DeleteOwnAccount> {
  constructor(
    private readonly accounts: Accounts,
    private readonly passwords: Passwords,
    private readonly codes: EmailCodes,
    private readonly commands: CommandBus,
  ) {}

  async execute({ did, password, code }: DeleteOwnAccount): Promise<void> {
    const account = await this.accounts.byDid(did)
    if (!account) throw invalidRequest('account not found')
    if (password.length > MAX_LOGIN_LENGTH) throw invalidRequest('Invalid password length.')
    if (!(await this.passwords.verify(password, account.password))) throw unauthorized('Invalid did or password')
    await this.codes.check(did, 'delete_account', code)
    await this.commands.execute(new DeleteAccount(did))
  }
}
