import { Injectable } from '@nestjs/common'
import type { Did, Handle } from '../../repo-engine/index.js'
import { CommitLog } from '../commit-log/commit-log.js'
import { Clock } from '../config/clock.js'
import { Database, type Reader, type Tx } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { InviteCodes } from './invites/invite-codes.js'
import { identityEvent } from './identity/identity-event.js'

/** Somebody who can sign in here. */
export interface Account {
  did: Did
  handle: Handle
  email: string
  /** RFC 3339; null until the address is confirmed. */
  emailConfirmedAt: string | null
  /** Since when a sign-in needs a code sent to the address (RFC 3339); null: it does not, as long as it is not confirmed. */
  emailFactorAt: string | null
  /** PHC string. */
  password: string
  /** Null: active. It stands on the repository, whose readers ask for it most. */
  status: string | null
}

/** `inviteCode`: what it comes by. */
export type NewAccount = Pick<Account, 'did' | 'handle' | 'email' | 'password'> & { inviteCode?: string | null }

/** What is known of an account's address. Times are RFC 3339. */
export interface StoredEmail {
  email: string
  confirmedAt: string | null
  factorAt: string | null
}

/** An account without a repository hosted here is still coming to be: nobody can see it, but its names are taken. */
const SELECT = `SELECT a.did, a.handle, a.email, a.email_confirmed_at AS emailConfirmedAt, a.password, r.status,
    CASE WHEN a.email_confirmed_at IS NOT NULL THEN a.email_factor_at END AS emailFactorAt
  FROM account a JOIN repo r ON r.did = a.did AND r.hosting = 'hosted' WHERE `

/** Of a did:web that this host speaks for: nobody else takes the name, whatever handle its account goes by. */
const IS_OWN_NAME = "'did:web:' || handle_claim.handle = handle_claim.did"

/** The accounts of this server. */
@Injectable()
export class Accounts {
  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    private readonly clock: Clock,
    private readonly invites: InviteCodes,
  ) {}

  /** The account of a DID, of whatever status, or null. */
  async byDid(did: string, reader: Reader = this.database.read): Promise<Account | null> {
    return (await reader.get<Account>(`${SELECT} a.did = ?`, did)) ?? null
  }

  /** The account that signs in under a handle, an email address or a DID, in any case, or null. */
  async byIdentifier(identifier: string, reader: Reader = this.database.read): Promise<Account | null> {
    if (identifier.startsWith('did:')) return this.byDid(identifier, reader)
    const column = identifier.includes('@') ? 'email' : 'handle'
    return (await reader.get<Account>(`${SELECT} a.${column} = ?`, identifier.toLowerCase())) ?? null
  }

  /** The account that an email address, in any case, belongs to, or null. */
  async byEmail(email: string): Promise<Account | null> {
    return (await this.database.read.get<Account>(`${SELECT} a.email = ?`, email.toLowerCase())) ?? null
  }

  /** @throws XrpcError 400 HandleNotAvailable when another account has the handle or is taking it. */
  async checkHandleFree(handle: Handle, did: Did | null): Promise<void> {
    const claim = await this.database.read.get<{ did: Did }>('SELECT did FROM handle_claim WHERE handle = ?', handle)
    if (claim && claim.did !== did) throw handleTaken(handle)
  }

  /** @throws XrpcError 400 InvalidRequest when another account has the email address. */
  async checkEmailFree(email: string): Promise<void> {
    if (await this.database.read.get('SELECT 1 FROM account WHERE email = ?', email)) throw emailTaken(email)
  }

  /**
   * Takes the names of an account, and counts the use of its invite code. @throws XrpcError 400 HandleNotAvailable; InvalidRequest
   * when the email address or the DID has an account; as {@link InviteCodes.use}
   */
  async insert(tx: Tx, { did, handle, email, password, inviteCode = null }: NewAccount): Promise<void> {
    await this.claimHandle(tx, did, handle)
    const inserted = await tx.run(
      `INSERT INTO account (did, handle, email, password, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      did,
      handle,
      email,
      password,
      this.clock.iso(),
    )
    if (inserted === 1) return void (inviteCode !== null && (await this.invites.use(tx, inviteCode, did)))
    const sameEmail = await tx.get('SELECT 1 FROM account WHERE email = ?', email)
    if (sameEmail) throw emailTaken(email)
    throw invalidRequest('Account already exists', 'AlreadyExists')
  }

  /** Takes a handle for an account, besides those it has. @throws XrpcError 400 HandleNotAvailable. */
  async claimHandle(tx: Tx, did: Did, handle: Handle): Promise<void> {
    const claimed = await tx.run(
      `INSERT INTO handle_claim (handle, did) VALUES (?, ?)
       ON CONFLICT (handle) DO UPDATE SET did = excluded.did WHERE handle_claim.did = excluded.did`,
      handle,
      did,
    )
    if (claimed === 0) throw handleTaken(handle)
  }

  /**
   * As {@link claimHandle}, for a change: there is one at a time, so that the last one asked for is the last one done.
   * @throws XrpcError 400 HandleNotAvailable, AccountNotFound, InvalidRequest.
   */
  async claimNextHandle(tx: Tx, did: Did, handle: Handle): Promise<void> {
    await this.claimHandle(tx, did, handle)
    const account = await tx.get('SELECT 1 FROM account WHERE did = ?', did)
    if (!account) throw invalidRequest(`Could not find account: ${did}`, 'AccountNotFound')
    const other = await tx.get(
      `SELECT 1 FROM handle_claim WHERE did = ? AND handle <> ? AND NOT (${IS_OWN_NAME})
       AND handle NOT IN (SELECT handle FROM account WHERE did = ?)`,
      did,
      handle,
      did,
    )
    if (other) throw invalidRequest('Another change of handle is waiting for the PLC directory')
  }

  /** Makes a claimed handle the account's only one, and says so in the log. */
  async setHandle(tx: Tx, did: Did, handle: Handle): Promise<void> {
    await tx.run('UPDATE account SET handle = ? WHERE did = ?', handle, did)
    await this.dropClaims(tx, did)
    await this.log.append(tx, [identityEvent(did, handle)])
  }

  /** Lets go of the handles that the account was taking and has not got. A name that is its DID stays its own. */
  async dropClaims(tx: Tx, did: Did): Promise<void> {
    await tx.run(
      `DELETE FROM handle_claim WHERE did = ? AND handle NOT IN (SELECT handle FROM account WHERE did = ?)
       AND NOT (${IS_OWN_NAME} AND EXISTS (SELECT 1 FROM account WHERE account.did = handle_claim.did))`,
      did,
      did,
    )
  }

  /**
   * The address of an account as it stands, which nobody else changes before this write ends; null without an account.
   * `factorAt` is what the owner has asked for, also while the address is not confirmed.
   */
  async lockEmail(tx: Tx, did: Did): Promise<StoredEmail | null> {
    const row = await tx.get<StoredEmail>(
      `UPDATE account SET did = did WHERE did = ?
       RETURNING email, email_confirmed_at AS confirmedAt, email_factor_at AS factorAt`,
      did,
    )
    return row ?? null
  }

  /** @throws XrpcError 400 InvalidRequest when another account has the address. */
  async setEmail(tx: Tx, did: Did, { email, confirmedAt, factorAt }: StoredEmail): Promise<void> {
    const changed = await tx.run(
      `UPDATE account SET email = ?, email_confirmed_at = ?, email_factor_at = ?
       WHERE did = ? AND NOT EXISTS (SELECT 1 FROM account other WHERE other.email = ? AND other.did <> ?)`,
      email,
      confirmedAt,
      factorAt,
      did,
      email,
      did,
    )
    if (changed === 0) throw invalidRequest('This email address is already in use, please use a different email.')
  }

  /** Gives an account another password (PHC string), in place of `before` if that is told. False where there is none. */
  async setPassword(tx: Tx, did: Did, password: string, before: string | null = null): Promise<boolean> {
    const changed = await tx.run(
      'UPDATE account SET password = ? WHERE did = ? AND password = coalesce(?, password)',
      password,
      did,
      before,
    )
    return changed > 0
  }

  /** Keeps the same password in another form. False when it has been changed meanwhile. */
  async renewPassword(did: Did, stored: string, renewed: string): Promise<boolean> {
    return this.database.write((tx) => this.setPassword(tx, did, renewed, stored))
  }

  /** Takes an account away, frees its names, and gives its invite back if it never came to be. False when there is none. */
  async remove(tx: Tx, did: Did): Promise<boolean> {
    const removed = await tx.run('DELETE FROM account WHERE did = ?', did)
    await this.dropClaims(tx, did)
    await this.invites.giveBack(tx, did)
    return removed > 0
  }
}

function handleTaken(handle: Handle): Error {
  return invalidRequest(`Handle already taken: ${handle}`, 'HandleNotAvailable')
}

function emailTaken(email: string): Error {
  return invalidRequest(`Email already taken: ${email}`)
}
