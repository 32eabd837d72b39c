import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { CurrentPassword } from './current-password.js'
import { SecondFactors } from './second-factors.js'
import { Totp } from './totp.js'

/** Does without the authenticator app from now on: shown by the password and one more code, of the app or a backup code. */
export class RemoveTotp extends Command<void> {
  constructor(
    readonly did: Did,
    readonly password: string,
    readonly code: string,
  ) {
    super()
  }
}

/**
 * @throws XrpcError 400 AccountNotFound; InvalidRequest where no app is set up; as {@link CurrentPassword.demand} and
 * {@link SecondFactors.demandApp}.
 */
@CommandHandler(RemoveTotp)
export class RemoveTotpHandler implements ICommandHandler<RemoveTotp> {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly current: CurrentPassword,
    private readonly factors: SecondFactors,
    private readonly totp: Totp,
  ) {}

  async execute({ did, password, code }: RemoveTotp): Promise<void> {
    const account = await this.accounts.byDid(did)
    if (!account) throw invalidRequest('user not found', 'AccountNotFound')
    if (!(await this.totp.state(did))) throw invalidRequest('No authenticator app is set up')
    await this.current.demand(account, password)
    await this.factors.demandApp(did, code)
    await this.database.write((tx) => this.totp.remove(tx, did))
  }
}
