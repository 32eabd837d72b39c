import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Sessions } from '../auth/sessions.js'
import type { TokenPair } from '../auth/tokens.js'
import { unauthorized } from '../xrpc/xrpc-error.js'
import { type Account, Accounts } from './accounts.js'
import { SecondFactors } from './factors/second-factors.js'
import { Passwords } from './passwords.js'

/** A session just begun or refreshed, as its owner gets it. */
export interface SignedIn {
  account: Account
  tokens: TokenPair
}

/**
 * Signs in with a password, and what {@link SecondFactors} demand besides. `allowTakendown` lets the owner of an account that
 * is taken down in to appeal.
 */
export class CreateSession extends Command<SignedIn> {
  constructor(
    readonly identifier: string,
    readonly password: string,
    readonly allowTakendown = false,
    readonly authFactorToken?: string,
  ) {
    super()
  }
}

/**
 * @throws XrpcError 401, the same and as late for an unknown account as for a wrong password; 401 AccountTakedown; as
 * {@link SecondFactors.demand}.
 */
@CommandHandler(CreateSession)
export class CreateSessionHandler implements ICommandHandler<CreateSession> {
  constructor(
    private readonly accounts: Accounts,
    private readonly passwords: Passwords,
    private readonly factors: SecondFactors,
    private readonly sessions: Sessions,
  ) {}

  async execute({ identifier, password, allowTakendown, authFactorToken }: CreateSession): Promise<SignedIn> {
    const account = await this.accounts.byIdentifier(identifier)
    const verified = await this.passwords.verify(password, account?.password ?? null)
    if (!account || !verified) throw unauthorized('Invalid identifier or password')
    const takendown = isTakendown(account)
    if (takendown && !allowTakendown) throw unauthorized('Account has been taken down', 'AccountTakedown')
    await this.factors.demand(account, authFactorToken)
    const scope = takendown ? 'com.atproto.takendown' : 'com.atproto.access'
    return { account, tokens: await this.sessions.start(account.did, scope) }
  }
}

/** Not active, and not by the owner's own wish. */
export function isTakendown({ status }: Account): boolean {
  return status !== null && status !== 'deactivated'
}
