import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { CurrentPassword } from './current-password.js'
import { Totp, type TotpSetup } from './totp.js'

/**
 * Begins to set up an authenticator app; nothing is asked for at a sign-in until it is confirmed. It takes the password,
 * because whoever has no more than a session could lock the owner out by it.
 */
export class BeginTotp extends Command<TotpSetup> {
  constructor(
    readonly did: Did,
    readonly password: string,
  ) {
    super()
  }
}

/**
 * @throws XrpcError 400 AccountNotFound; InvalidRequest where an app is set up: that one is removed first; as
 * {@link CurrentPassword.demand}.
 */
@CommandHandler(BeginTotp)
export class BeginTotpHandler implements ICommandHandler<BeginTotp> {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly current: CurrentPassword,
    private readonly totp: Totp,
  ) {}

  async execute({ did, password }: BeginTotp): Promise<TotpSetup> {
    const account = await this.accounts.byDid(did)
    if (!account) throw invalidRequest('user not found', 'AccountNotFound')
    await this.current.demand(account, password)
    const setup = await this.database.write((tx) => this.totp.begin(tx, did, account.handle))
    if (!setup) throw invalidRequest('An authenticator app is set up already')
    return setup
  }
}
