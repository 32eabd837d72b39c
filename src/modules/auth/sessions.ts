import { randomBytes } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database, type Tx } from '../database/database.js'
import { unauthorized } from '../xrpc/xrpc-error.js'
import type { SessionClient } from './session-client.js'
import { type AccessScope, type Grant, type RefreshClaims, SessionTokens, type TokenPair } from './tokens.js'

const HOUR = 60 * 60 * 1000
const REFRESH_MS = 90 * 24 * HOUR
/** How long a refresh token may be used again: its answer can be lost, and two tabs can share one token. */
const GRACE_MS = 2 * HOUR

/** How long a list of sessions may get: nobody looks through more. */
const MAX_LISTED = 1000

/** Sessions that are kept of those begun with one password: a program that signs in at every run ends its own only. */
const MAX_EACH = 1000

/** A session as a token needs it. `status` is the account's, null when active. */
export interface Session {
  did: Did
  scope: AccessScope
  status: string | null
}

/** A refresh token of another server. */
export interface ResumedToken {
  id: string
  /** The one that it has been traded for. */
  nextId: string | null
  /** Milliseconds since the epoch. */
  expiresAt: number
  scope: AccessScope
  /** Name of the app password that the session was begun with. */
  appPassword: string | null
}

/** What somebody has signed in with, as it is stored: it has to stand when the session begins. Null: just signed up. */
export type Shown = { password: string } | { appPassword: string; hash: Buffer } | null

export interface NewSession {
  did: Did
  scope: AccessScope
  shown: Shown
  client: SessionClient
}

/** A session as its owner sees it. Times are RFC 3339. */
export interface ListedSession extends SessionClient {
  id: string
  scope: AccessScope
  /** Name of the app password that it was begun with; null: the account's own password. */
  appPassword: string | null
  createdAt: string
  /** Null until then. */
  refreshedAt: string | null
}

/**
 * Sign-ins and their refresh tokens. A refresh token is used up by its successor: within the grace it goes on giving
 * the same one, after it somebody is using a token that they should not have, and the whole session ends.
 */
@Injectable()
export class Sessions {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly tokens: SessionTokens,
  ) {}

  /** As {@link open}, in a write of its own, with what the client takes away. */
  async start(session: NewSession): Promise<TokenPair> {
    return this.tokens.mint(await this.database.write((tx) => this.open(tx, session)))
  }

  /** As {@link rotate}, in a write of its own, with what the client takes away. */
  async refresh(token: RefreshClaims): Promise<TokenPair | null> {
    const grant = await this.database.write((tx) => this.rotate(tx, token))
    return grant && this.tokens.mint(grant)
  }

  /**
   * Starts a session, and forgets those of the account that nobody can refresh any more, and those begun with the same
   * password that were used last longest ago, where there are a thousand. @throws XrpcError 401 where the
   * account has been deleted meanwhile, or what was shown is not good any more
   */
  async open(tx: Tx, { did, scope, shown, client }: NewSession): Promise<Grant> {
    const now = this.clock.now()
    const grant: Grant = { did, scope, sessionId: newId(), refreshId: newId(), refreshExpiresAt: now + REFRESH_MS }
    const { sessionId, refreshId, refreshExpiresAt } = grant
    await tx.run('DELETE FROM refresh_token WHERE expires_at <= ?', now)
    await assertStands(tx, did, shown)
    await tx.run(
      'DELETE FROM session WHERE did = ? AND NOT EXISTS (SELECT 1 FROM refresh_token t WHERE t.session = session.id)',
      did,
    )
    const appPassword = shown && 'appPassword' in shown ? shown.appPassword : null
    await this.makeRoom(tx, did, appPassword)
    await tx.run(
      `INSERT INTO session (id, did, scope, created_at, app_password, user_agent, address) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      sessionId,
      did,
      scope,
      this.clock.iso(),
      appPassword,
      client.userAgent,
      client.address,
    )
    await tx.run(INSERT_TOKEN, refreshId, sessionId, refreshExpiresAt)
    return grant
  }

  /**
   * Uses a refresh token. Null when it is used up, revoked or expired; if it should have lived on, its session is
   * ended too, so the caller's write must commit either way.
   */
  async rotate(tx: Tx, token: RefreshClaims): Promise<Grant | null> {
    const now = this.clock.now()
    const grace = now + GRACE_MS
    // A second use changes nothing: the successor is there, and the grace has been counting since the first.
    const used = await tx.get<{ next_id: string; session: string }>(
      `UPDATE refresh_token SET next_id = coalesce(next_id, ?),
         expires_at = CASE WHEN expires_at < ? THEN expires_at ELSE ? END
       WHERE id = ? AND session = coalesce(?, session) AND expires_at > ? RETURNING next_id, session`,
      newId(),
      grace,
      grace,
      token.tokenId,
      token.sessionId,
      now,
    )
    if (!used) {
      if (token.expiresAt > now) await this.end(tx, token)
      return null
    }
    const { session } = used
    await tx.run(`${INSERT_TOKEN} ON CONFLICT (id) DO NOTHING`, used.next_id, session, now + REFRESH_MS)
    await tx.run('DELETE FROM refresh_token WHERE session = ? AND expires_at <= ?', session, now)
    await tx.run('UPDATE session SET refreshed_at = ? WHERE id = ?', this.clock.iso(), session)
    // The successor outlives the grace of what it replaced, so it is always there.
    const next = await tx.get<{ did: Did; scope: AccessScope; expires_at: number }>(
      'SELECT s.did, s.scope, t.expires_at FROM refresh_token t JOIN session s ON s.id = t.session WHERE t.id = ?',
      used.next_id,
    )
    return {
      did: next!.did,
      scope: next!.scope,
      sessionId: session,
      refreshId: used.next_id,
      refreshExpiresAt: next!.expires_at,
    }
  }

  /** Ends the session of a refresh token, expired or not; nothing where it has ended. */
  async end(tx: Tx, { sessionId, tokenId }: Pick<RefreshClaims, 'sessionId' | 'tokenId'>): Promise<void> {
    if (sessionId !== null) return this.revoke(tx, sessionId)
    const gone = await tx.get<{ session: string }>('DELETE FROM refresh_token WHERE id = ? RETURNING session', tokenId)
    if (gone) await this.revoke(tx, gone.session)
  }

  /**
   * Goes on with the sessions that an account has had on the official PDS, whose tokens name none: each line of refresh
   * tokens, from one to its successor, becomes a session. Gives how many.
   */
  async resume(tx: Tx, did: Did, tokens: readonly ResumedToken[]): Promise<number> {
    await this.revokeAll(tx, did)
    const byId = new Map(tokens.map((token) => [token.id, token]))
    const successors = new Set(tokens.map(({ nextId }) => nextId))
    const first = tokens.filter(({ id }) => !successors.has(id))
    const createdAt = this.clock.iso()
    for (const { id, scope, appPassword } of first) {
      const session = newId()
      await tx.run(
        'INSERT INTO session (id, did, scope, created_at, app_password) VALUES (?, ?, ?, ?, ?)',
        session,
        did,
        scope,
        createdAt,
        appPassword,
      )
      for (let token = byId.get(id); token; token = byId.get(token.nextId ?? '')) {
        await tx.run(INSERT_TOKEN, token.id, session, token.expiresAt)
        await tx.run('UPDATE refresh_token SET next_id = ? WHERE id = ?', token.nextId, token.id)
      }
    }
    return first.length
  }

  /** Ends a session: its access and refresh tokens are worth nothing from the commit on. */
  async revoke(tx: Tx, sessionId: string): Promise<void> {
    await tx.run('DELETE FROM refresh_token WHERE session = ?', sessionId)
    await tx.run('DELETE FROM session WHERE id = ?', sessionId)
  }

  /** Ends every session of an account. */
  async revokeAll(tx: Tx, did: Did): Promise<void> {
    await this.revokeWhere(tx, 'did = ?', did)
  }

  /** Ends every session of an account but one. Gives their number. */
  async revokeOthers(tx: Tx, did: Did, kept: string): Promise<number> {
    return this.revokeWhere(tx, 'did = ? AND id <> ?', did, kept)
  }

  /** Ends a session if it is this account's. Gives their number. */
  async revokeOwn(tx: Tx, did: Did, sessionId: string): Promise<number> {
    return this.revokeWhere(tx, 'did = ? AND id = ?', did, sessionId)
  }

  /** Ends every session that was begun with an app password. */
  async revokeOfAppPassword(tx: Tx, did: Did, name: string): Promise<void> {
    await this.revokeWhere(tx, 'did = ? AND app_password = ?', did, name)
  }

  /** The living session of that id, or null. Asked once for every authenticated request. */
  async find(sessionId: string): Promise<Session | null> {
    // A subquery, because SQLite takes four times as long for the join.
    const row = await this.database.read.get<Session>(
      `SELECT did, scope, (SELECT coalesce(status, 'active') FROM repo WHERE repo.did = session.did) AS status
       FROM session WHERE id = ?`,
      sessionId,
    )
    if (!row?.status) return null
    return { ...row, status: row.status === 'active' ? null : row.status }
  }

  /** The sessions of an account that can still be refreshed: those that were used last come first, a thousand at most. */
  async list(did: Did): Promise<ListedSession[]> {
    return this.database.read.all<ListedSession>(
      `SELECT id, scope, app_password AS appPassword, user_agent AS userAgent, address, created_at AS createdAt,
         refreshed_at AS refreshedAt
       FROM session WHERE did = ?
       AND EXISTS (SELECT 1 FROM refresh_token t WHERE t.session = session.id AND t.expires_at > ?)
       ORDER BY coalesce(refreshed_at, created_at) DESC, id LIMIT ?`,
      did,
      this.clock.now(),
      MAX_LISTED,
    )
  }

  private async makeRoom(tx: Tx, did: Did, appPassword: string | null): Promise<void> {
    const spare = await tx.all<{ id: string }>(
      `SELECT id FROM session WHERE did = ? AND coalesce(app_password, '') = ?
       ORDER BY coalesce(refreshed_at, created_at) DESC, id LIMIT ? OFFSET ?`,
      did,
      appPassword ?? '',
      MAX_EACH,
      MAX_EACH - 1,
    )
    for (const { id } of spare) await this.revoke(tx, id)
  }

  private async revokeWhere(tx: Tx, condition: string, ...values: string[]): Promise<number> {
    await tx.run(`DELETE FROM refresh_token WHERE session IN (SELECT id FROM session WHERE ${condition})`, ...values)
    return tx.run(`DELETE FROM session WHERE ${condition}`, ...values)
  }
}

const INSERT_TOKEN = 'INSERT INTO refresh_token (id, session, expires_at) VALUES (?, ?, ?)'

/** What was looked at before the write, and took its time: the password may have been changed or revoked since. */
async function assertStands(tx: Tx, did: Did, shown: Shown): Promise<void> {
  const stands = !shown
    ? await tx.get('SELECT 1 FROM account WHERE did = ?', did)
    : 'password' in shown
      ? await tx.get('SELECT 1 FROM account WHERE did = ? AND password = ?', did, shown.password)
      : await tx.get(
          'SELECT 1 FROM app_password WHERE did = ? AND name = ? AND hash = ?',
          did,
          shown.appPassword,
          shown.hash,
        )
  if (!stands) throw unauthorized('Invalid identifier or password')
}

function newId(): string {
  return randomBytes(24).toString('base64url')
}
