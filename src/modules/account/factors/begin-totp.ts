import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { Totp, type TotpSetup } from './totp.js'

/** Begins to set up an authenticator app; nothing is asked for at a sign-in until it is confirmed. */
export class BeginTotp extends Command<TotpSetup> {
  constructor(readonly did: Did) {
    super()
  }
}

/** @throws XrpcError 400 AccountNotFound; InvalidRequest where an app is set up: that one is removed first. */
@CommandHandler(BeginTotp)
export class BeginTotpHandler implements ICommandHandler<BeginTotp> {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly totp: Totp,
  ) {}

  async execute({ did }: BeginTotp): Promise<TotpSetup> {
    const account = await this.accounts.byDid(did)
    if (!account) throw invalidRequest('user not found', 'AccountNotFound')
    const setup = await this.database.write((tx) => this.totp.begin(tx, did, account.handle))
    if (!setup) throw invalidRequest('An authenticator app is set up already')
    return setup
  }
}
