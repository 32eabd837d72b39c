import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { SessionClient } from '../../auth/session-client.js'
import { type Shown, Sessions } from '../../auth/sessions.js'
import type { AccessScope, TokenPair } from '../../auth/tokens.js'
import { unauthorized } from '../../xrpc/xrpc-error.js'
import { type Account, Accounts } from '../accounts.js'
import { AppPasswords, type MatchedAppPassword } from './app-passwords.js'
import { SecondFactors } from '../factors/second-factors.js'
import { Passwords } from '../password/passwords.js'

/** A session just begun or refreshed, as its owner gets it. */
export interface SignedIn {
  account: Account
  tokens: TokenPair
}

/**
 * Signs in with the account's password and what {@link SecondFactors} demand besides, or with an app password.
 * `allowTakendown` lets the owner of an account that is taken down in to appeal.
 */
export class CreateSession extends Command<SignedIn> {
  constructor(
    readonly identifier: string,
    readonly password: string,
    readonly client: SessionClient,
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
    private readonly appPasswords: AppPasswords,
    private readonly factors: SecondFactors,
    private readonly sessions: Sessions,
  ) {}

  async execute(command: CreateSession): Promise<SignedIn> {
    const { identifier, password, client } = command
    const account = await this.accounts.byIdentifier(identifier)
    const app = account && (await this.appPasswords.find(account.did, password))
    if (app) return this.begin(account, appScope(account, app), { appPassword: app.name, hash: app.hash }, client)
    const verified = await this.passwords.verify(password, account?.password ?? null)
    if (!account || !verified) throw unauthorized('Invalid identifier or password')
    const scope = ownerScope(account, command)
    await this.factors.demand(account, command.authFactorToken)
    return this.begin(account, scope, { password: await this.renewed(account, password) }, client)
  }

  /** A password that was hashed elsewhere, or with other parameters, is hashed anew at the first moment that it is known. */
  private async renewed({ did, password: stored }: Account, password: string): Promise<string> {
    if (!this.passwords.isOutdated(stored)) return stored
    const renewed = await this.passwords.hash(password)
    if (await this.accounts.renewPassword(did, stored, renewed)) return renewed
    // Another sign-in was faster.
    return (await this.accounts.byDid(did))?.password ?? stored
  }

  private async begin(account: Account, scope: AccessScope, shown: Shown, client: SessionClient): Promise<SignedIn> {
    return { account, tokens: await this.sessions.start({ did: account.did, scope, shown, client }) }
  }
}

/** The main password was right. */
function ownerScope(account: Account, { allowTakendown }: CreateSession): AccessScope {
  if (!isTakendown(account)) return 'com.atproto.access'
  if (!allowTakendown) throw takendown()
  return 'com.atproto.takendown'
}

/** An app is not let in to appeal, and even less to leave. */
function appScope(account: Account, { privileged }: MatchedAppPassword): AccessScope {
  if (isTakendown(account)) throw takendown()
  return privileged ? 'com.atproto.appPassPrivileged' : 'com.atproto.appPass'
}

function takendown(): Error {
  return unauthorized('Account has been taken down', 'AccountTakedown')
}

/** Not active, and not by the owner's own wish. */
export function isTakendown({ status }: Account): boolean {
  return status !== null && status !== 'deactivated'
}
