import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Sessions } from '../../auth/sessions.js'
import { expiredToken, type RefreshClaims } from '../../auth/tokens.js'
import { unauthorized } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { isTakendown, type SignedIn } from './create-session.js'

/** Trades a refresh token for the next pair of tokens. */
export class RefreshSession extends Command<SignedIn> {
  constructor(readonly token: RefreshClaims) {
    super()
  }
}

/** @throws XrpcError 400 ExpiredToken; 401 AccountTakedown, but for a session that was opened to appeal. */
@CommandHandler(RefreshSession)
export class RefreshSessionHandler implements ICommandHandler<RefreshSession> {
  constructor(
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
  ) {}

  async execute({ token }: RefreshSession): Promise<SignedIn> {
    const account = await this.accounts.byDid(token.did)
    if (!account) throw expiredToken('Token has been revoked')
    if (isTakendown(account)) {
      const session = token.sessionId === null ? null : await this.sessions.find(token.sessionId)
      if (token.sessionId === null || (session && session.scope !== 'com.atproto.takendown'))
        throw unauthorized('Account has been taken down', 'AccountTakedown')
    }
    const tokens = await this.sessions.refresh(token)
    if (!tokens) throw expiredToken('Token has been revoked')
    return { account, tokens }
  }
}
