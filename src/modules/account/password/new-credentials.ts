import { Injectable } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { Sessions } from '../../auth/sessions.js'
import type { Tx } from '../../database/database.js'
import { Accounts } from '../accounts.js'
import { EmailCodes } from '../email-codes.js'

/** What follows from another password, whoever sets it. */
@Injectable()
export class NewCredentials {
  constructor(
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly codes: EmailCodes,
  ) {}

  /**
   * Sets a password (PHC string); whoever knew the old one is out: sessions end, those of app passwords too, except for
   * `keep`, and no code that was sent works any more. False, and nothing changes, where the password was not `before`, or no
   * account is.
   */
  async set(
    tx: Tx,
    did: Did,
    password: string,
    { before = null, keep = null }: { before?: string | null; keep?: string | null } = {},
  ): Promise<boolean> {
    if (!(await this.accounts.setPassword(tx, did, password, before))) return false
    if (keep === null) await this.sessions.revokeAll(tx, did)
    else await this.sessions.revokeOthers(tx, did, keep)
    await this.codes.forget(tx, did)
    return true
  }
}
