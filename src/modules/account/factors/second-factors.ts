import { Injectable } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { Database, type Tx } from '../../database/database.js'
import { Mailer } from '../../mail/mailer.js'
import { unauthorized, type XrpcError } from '../../xrpc/xrpc-error.js'
import type { Account } from '../accounts.js'
import { EmailCodes } from '../email-codes.js'
import { Guesses } from './guesses.js'
import { Totp, type TotpState } from './totp.js'

/** A code that was just sent is not replaced: clients ask twice, and who knows the password could do so for ever. */
const QUIET_MS = 60_000

/** What a sign-in with the account's own password needs besides it. */
export interface FactorState {
  email: { on: boolean; confirmed: boolean }
  totp: { on: false } | ({ on: true } & TotpState)
}

/**
 * What a sign-in needs besides the right password: a code of an authenticator app where one is set up, else one that is sent
 * by mail where the owner has asked for that. App passwords need neither, which is what they are for.
 */
@Injectable()
export class SecondFactors {
  constructor(
    private readonly database: Database,
    private readonly totp: Totp,
    private readonly codes: EmailCodes,
    private readonly guesses: Guesses,
    private readonly mailer: Mailer,
  ) {}

  /**
   * To be called once the password was found right. `token` is what clients send as authFactorToken; an empty one is none.
   * @throws XrpcError 401 AuthFactorTokenRequired, InvalidToken, ExpiredToken; 429 RateLimitExceeded
   */
  async demand(account: Account, token: string | undefined): Promise<void> {
    const { did, emailFactorAt } = account
    const byApp = (await this.totp.state(did)) !== null
    if (!byApp && emailFactorAt === null) return
    if (!token?.trim()) throw await this.ask(account, byApp)
    if (byApp) return this.demandApp(did, token)
    await this.judge(did, (tx) => this.codes.tryUse(tx, did, 'sign_in', token))
  }

  /** Uses up a code of the app or a backup code. @throws XrpcError as {@link demand}, but the first */
  async demandApp(did: Did, code: string): Promise<void> {
    await this.judge(did, async (tx) => ((await this.totp.use(tx, did, code)) ? null : invalidFactor()))
  }

  /** What is asked for. */
  async state({ did, emailConfirmedAt, emailFactorAt }: Account): Promise<FactorState> {
    const totp = await this.totp.state(did)
    return {
      email: { on: emailFactorAt !== null, confirmed: emailConfirmedAt !== null },
      totp: totp ? { on: true, ...totp } : { on: false },
    }
  }

  /** What is wrong is counted in the write that finds it out. */
  private async judge(did: Did, use: (tx: Tx) => Promise<XrpcError | null>): Promise<void> {
    const problem = await this.database.write(async (tx) => {
      await this.guesses.count(tx, did, 'factor')
      const found = await use(tx)
      if (!found) await this.guesses.forget(tx, did, 'factor')
      return found
    })
    if (problem) throw unauthorized(problem.message, problem.error)
  }

  private async ask(account: Account, byApp: boolean): Promise<XrpcError> {
    const error = 'AuthFactorTokenRequired'
    if (byApp) return unauthorized('Enter a code of your authenticator app, or a backup code', error)
    await this.database.write((tx) => this.codes.send(tx, account, 'sign_in', QUIET_MS))
    // Some clients know the case by these words.
    if (this.mailer.isAvailable) return unauthorized('A sign in code has been sent to your email address', error)
    return unauthorized('Ask the operator of this server for a sign in code', error)
  }
}

/** In the words by which clients know it. */
function invalidFactor(): XrpcError {
  return unauthorized('Token is invalid', 'InvalidToken')
}
