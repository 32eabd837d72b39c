import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import { unauthorized } from '../../xrpc/xrpc-error.js'
import type { Account } from '../accounts.js'
import { Passwords } from '../password/passwords.js'
import { Guesses } from './guesses.js'

/** Asks somebody who is signed in for the password once more, which a session that was left open does not know. */
@Injectable()
export class CurrentPassword {
  constructor(
    private readonly database: Database,
    private readonly passwords: Passwords,
    private readonly guesses: Guesses,
  ) {}

  /** @throws XrpcError 401 when it is another; 429 RateLimitExceeded after too many of them; as {@link Passwords.verify} */
  async demand({ did, password }: Account, given: string): Promise<void> {
    await this.database.write((tx) => this.guesses.count(tx, did, 'password'))
    if (!(await this.passwords.verify(given, password))) throw unauthorized('Invalid password')
    await this.database.write((tx) => this.guesses.forget(tx, did, 'password'))
  }
}
