import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ForeignSqlite } from '../database/foreign-sqlite.js'
import { OfficialStore } from './official-store.js'

/** Somebody with an account on an official PDS, as its account database has it. Times are RFC 3339. */
export interface OfficialAccount {
  did: string
  handle: string | null
  createdAt: string
  /** What the operator files the takedown under; null: not taken down. */
  takedownRef: string | null
  deactivatedAt: string | null
  email: string | null
  emailConfirmedAt: string | null
  /** `<salt>:<hash>`, see {@link isOfficialHash}. */
  passwordScrypt: string | null
  /** 1: nobody may be invited by it. */
  invitesDisabled: number | null
}

export interface OfficialRefreshToken {
  id: string
  expiresAt: string
  nextId: string | null
  /** Null: signed in with the account's own password. */
  appPasswordName: string | null
  privileged: number | null
}

export interface OfficialAppPassword {
  name: string
  passwordScrypt: string
  privileged: number
  createdAt: string
}

export interface OfficialInvite {
  code: string
  availableUses: number
  disabled: number
  forAccount: string
  createdBy: string
  createdAt: string
}

export interface OfficialInviteUse {
  code: string
  usedBy: string
  usedAt: string
}

/** The migration of its account database that has all the columns that are read here. */
const NEEDED = '003'
const PAGE = 500

/**
 * The data directory of an official PDS (@atproto/pds), which is not running: `account.sqlite`, `sequencer.sqlite`, and for
 * each account `actors/<2 digits of the DID's SHA-256>/<did>/` with `store.sqlite` and `key`. It is only read.
 */
export class OfficialDirectory {
  private constructor(
    readonly path: string,
    private readonly scratch: string,
    private readonly accountDb: ForeignSqlite,
  ) {}

  /** `scratch` is a folder of ours. @throws Error that says why this is no such directory */
  static open(path: string, scratch: string): OfficialDirectory {
    if (!existsSync(join(path, 'account.sqlite')))
      throw new Error(`${path} is not the data directory of an official PDS: it has no account.sqlite`)
    if (ForeignSqlite.isInUse(join(path, 'account.sqlite'), scratch))
      throw new Error(`${path} is in use: stop its server first`)
    const accountDb = ForeignSqlite.open(join(path, 'account.sqlite'), scratch)
    const directory = new OfficialDirectory(path, scratch, accountDb)
    try {
      if (accountDb.get('SELECT 1 FROM kysely_migration WHERE name >= ?', NEEDED)) return directory
    } catch (error) {
      directory.close()
      throw new Error(`${path} is not the data directory of an official PDS: ${(error as Error).message}`)
    }
    directory.close()
    throw new Error(`${path} was written by an old version of the official PDS: start its newest one on it once`)
  }

  /** Everybody, oldest first. */
  accounts(): OfficialAccount[] {
    return this.accountDb.all<OfficialAccount>(
      `SELECT actor.did, actor.handle, actor.createdAt, actor.takedownRef, actor.deactivatedAt,
         account.email, account.emailConfirmedAt, account.passwordScrypt, account.invitesDisabled
       FROM actor LEFT JOIN account ON account.did = actor.did ORDER BY actor.createdAt, actor.did`,
    )
  }

  refreshTokens(did: string): OfficialRefreshToken[] {
    return this.accountDb.all<OfficialRefreshToken>(
      `SELECT t.id, t.expiresAt, t.nextId, t.appPasswordName, p.privileged FROM refresh_token t
       LEFT JOIN app_password p ON p.did = t.did AND p.name = t.appPasswordName WHERE t.did = ?`,
      did,
    )
  }

  appPasswords(did: string): OfficialAppPassword[] {
    return this.accountDb.all<OfficialAppPassword>(
      'SELECT name, passwordScrypt, privileged, createdAt FROM app_password WHERE did = ? ORDER BY createdAt',
      did,
    )
  }

  invites(): { codes: OfficialInvite[]; uses: OfficialInviteUse[] } {
    return {
      codes: this.accountDb.all<OfficialInvite>(
        'SELECT code, availableUses, disabled, forAccount, createdBy, createdAt FROM invite_code',
      ),
      uses: this.accountDb.all<OfficialInviteUse>('SELECT code, usedBy, usedAt FROM invite_code_use'),
    }
  }

  /** Sign-ins over OAuth, which end with their server. */
  oauthSessions(did: string): number {
    const hasTokens = this.accountDb.get("SELECT 1 FROM sqlite_master WHERE name = 'token'")
    if (!hasTokens) return 0
    return this.accountDb.get<{ n: number }>('SELECT count(*) AS n FROM token WHERE did = ?', did)!.n
  }

  /** The newest sequence number that its firehose has given out; 0 for none. */
  lastSeq(): number {
    const file = join(this.path, 'sequencer.sqlite')
    if (!existsSync(file)) return 0
    const sequencer = ForeignSqlite.open(file, this.scratch)
    try {
      const newest = sequencer.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM repo_seq')!.seq ?? 0
      // Events of deleted accounts are deleted, but were given out.
      const given = sequencer.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'repo_seq'")
      return Math.max(newest, given?.seq ?? 0)
    } finally {
      sequencer.close()
    }
  }

  /** The 32 bytes of an account's private key (K-256). @throws Error when the file is not there or is something else */
  signingKey(did: string): Buffer {
    const key = readFileSync(join(this.folderOf(did), 'key'))
    if (key.length !== 32) throw new Error(`${join(this.folderOf(did), 'key')} does not hold 32 bytes`)
    return key
  }

  /** What an account has. The caller closes it. @throws Error when it is not there or cannot be read */
  store(did: string): OfficialStore {
    return new OfficialStore(did, ForeignSqlite.open(join(this.folderOf(did), 'store.sqlite'), this.scratch), PAGE)
  }

  close(): void {
    this.accountDb.close()
  }

  private folderOf(did: string): string {
    const hash = createHash('sha256').update(did).digest('hex')
    return join(this.path, 'actors', hash.slice(0, 2), did)
  }
}
