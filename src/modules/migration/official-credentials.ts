import { Injectable } from '@nestjs/common'
import { type Did, type Handle, isDid, isHandle, SigningKey } from '../../repo-engine/index.js'
import { Accounts } from '../account/accounts.js'
import { isOfficialHash } from '../account/password/passwords.js'
import { Database, type Tx } from '../database/database.js'
import { SigningKeys } from '../identity/signing-keys.js'
import { Takedowns } from '../moderation/takedowns.js'
import type { OfficialAccount, OfficialDirectory } from './official-directory.js'
import { OfficialSignIns } from './official-sign-ins.js'
import type { OfficialStore } from './official-store.js'

/** An account that can be taken over: it has all that one here needs. */
export interface SoundAccount {
  did: Did
  handle: Handle
  email: string
  password: string
  key: SigningKey
}

/** What was taken of an account besides its repository. */
export interface TakenCredentials {
  appPasswords: number
  sessions: number
  takenRecords: number
}

/** Takes over who an account is and how its owner signs in. */
@Injectable()
export class OfficialCredentials {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly keys: SigningKeys,
    private readonly signIns: OfficialSignIns,
    private readonly takedowns: Takedowns,
  ) {}

  /**
   * One write: the account with its names, its password as it was hashed there, its signing key, its sign-ins, and what the
   * operator has taken down of it. Nobody can see the account before it has its repository; until then this can be done
   * again. @throws XrpcError 400 when another account has the handle or the email address
   */
  async take(account: OfficialAccount, sound: SoundAccount, from: OfficialDirectory, store: OfficialStore) {
    const { did, handle, email, password, key } = sound
    const taken = store.takenRecords()
    return this.database.write(async (tx): Promise<TakenCredentials> => {
      // What a run that was cut off has left. Not as one that is given up: the invite that it came by is used all the same.
      await tx.run('DELETE FROM account WHERE did = ?', did)
      await this.accounts.dropClaims(tx, did)
      await this.accounts.insert(tx, { did, handle, email, password })
      await tx.run(
        'UPDATE account SET created_at = ?, email_confirmed_at = ?, invites_disabled = ? WHERE did = ?',
        account.createdAt,
        account.emailConfirmedAt,
        account.invitesDisabled ? 1 : 0,
        did,
      )
      await this.keys.store(tx, did, key)
      await this.takeDown(tx, account, taken)
      return { ...(await this.signIns.take(tx, did, from)), takenRecords: taken.length }
    })
  }

  private async takeDown(
    tx: Tx,
    { did, takedownRef }: OfficialAccount,
    records: readonly { uri: string; takedownRef: string }[],
  ): Promise<void> {
    if (takedownRef !== null) await this.takedowns.set(tx, did, { applied: true, ref: takedownRef })
    for (const { uri, takedownRef: ref } of records) await this.takedowns.set(tx, uri, { applied: true, ref })
  }
}

/** @throws Error that says what an account lacks */
export function soundAccount(account: OfficialAccount, from: OfficialDirectory): SoundAccount {
  const { did, handle, email, passwordScrypt: password } = account
  if (!isDid(did)) throw new Error(`${did} is not a DID`)
  const normal = handle?.toLowerCase() ?? null
  if (!isHandle(normal)) throw new Error('it has no handle: give it one there, and adopt again')
  if (email === null || password === null) throw new Error('it has no email address and no password: it cannot sign in')
  if (!isOfficialHash(password)) throw new Error('its password is hashed in an unknown way')
  const key = SigningKey.fromPrivate('k256', from.signingKey(did))
  return { did, handle: normal, email: email.toLowerCase(), password, key }
}
