import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Sessions } from '../auth/sessions.js'
import type { TokenPair } from '../auth/tokens.js'
import { unauthorized } from '../xrpc/xrpc-error.js'
import { type Account, Accounts } from './accounts.js'
import { isOfficialHash, Passwords } from './passwords.js'

/** A session just begun or refreshed, as its owner gets it. */
export interface SignedIn {
  account: Account
  tokens: TokenPair
}

/** Signs in with a password. `allowTakendown` lets the owner of an account that is taken down in to appeal. */
export class CreateSession extends Command<SignedIn> {
  constructor(
    readonly identifier: string,
    readonly password: string,
    readonly allowTakendown = false,
  ) {
    super()
  }
}

/** @throws XrpcError 401, the same and as late for an unknown account as for a wrong password; 401 AccountTakedown. */
@CommandHandler(CreateSession)
export class CreateSessionHandler implements ICommandHandler<CreateSession> {
  constructor(
    private readonly accounts: Accounts,
    private readonly passwords: Passwords,
    private readonly sessions: Sessions,
  ) {}

  async execute({ identifier, password, allowTakendown }: CreateSession): Promise<SignedIn> {
    const account = await this.accounts.byIdentifier(identifier)
    const verified = await this.passwords.verify(password, account?.password ?? null)
    if (!account || !verified) throw unauthorized('Invalid identifier or password')
    await this.renew(account, password)
    const takendown = isTakendown(account)
    if (takendown && !allowTakendown) throw unauthorized('Account has been taken down', 'AccountTakedown')
    const scope = takendown ? 'com.atproto.takendown' : 'com.atproto.access'
    return { account, tokens: await this.sessions.start(account.did, scope) }
  }

  /** A password that another server has hashed is hashed as those made here, at the first moment that it is known. */
  private async renew({ did, password: stored }: Account, password: string): Promise<void> {
    if (isOfficialHash(stored)) await this.accounts.renewPassword(did, stored, await this.passwords.hash(password))
  }
}

/** Not active, and not by the owner's own wish. */
export function isTakendown({ status }: Account): boolean {
  return status !== null && status !== 'deactivated'
}
