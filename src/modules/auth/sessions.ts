import { randomBytes } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database, type Tx } from '../database/database.js'
import { unauthorized } from '../xrpc/xrpc-error.js'
import { type AccessScope, type Grant, type RefreshClaims, SessionTokens, type TokenPair } from './tokens.js'

const HOUR = 60 * 60 * 1000
const REFRESH_MS = 90 * 24 * HOUR
/** How long a refresh token may be used again: its answer can be lost, and two tabs can share one token. */
const GRACE_MS = 2 * HOUR

/** A session as an access token needs it. `status` is the account's, null when active. */
export interface Session {
  did: Did
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
  async start(did: Did, scope: AccessScope): Promise<TokenPair> {
    return this.tokens.mint(await this.database.write((tx) => this.open(tx, did, scope)))
  }

  /** As {@link rotate}, in a write of its own, with what the client takes away. */
  async refresh(token: RefreshClaims): Promise<TokenPair | null> {
    const grant = await this.database.write((tx) => this.rotate(tx, token))
    return grant && this.tokens.mint(grant)
  }

  /**
   * Starts a session, and forgets those of the account that nobody can refresh any more. @throws XrpcError 401 where the
   * account has been deleted meanwhile
   */
  async open(tx: Tx, did: Did, scope: AccessScope): Promise<Grant> {
    const now = this.clock.now()
    const grant: Grant = { did, scope, sessionId: newId(), refreshId: newId(), refreshExpiresAt: now + REFRESH_MS }
    const { sessionId, refreshId, refreshExpiresAt } = grant
    await tx.run('DELETE FROM refresh_token WHERE expires_at <= ?', now)
    // One that was deleted while its password was being looked at.
    if (!(await tx.get('SELECT 1 FROM account WHERE did = ?', did))) throw unauthorized('Account not found')
    await tx.run(
      'DELETE FROM session WHERE did = ? AND NOT EXISTS (SELECT 1 FROM refresh_token t WHERE t.session = session.id)',
      did,
    )
    const createdAt = this.clock.iso()
    await tx.run(
      'INSERT INTO session (id, did, scope, created_at) VALUES (?, ?, ?, ?)',
      sessionId,
      did,
      scope,
      createdAt,
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
    for (const { id, scope } of first) {
      const session = newId()
      await tx.run(
        'INSERT INTO session (id, did, scope, created_at) VALUES (?, ?, ?, ?)',
        session,
        did,
        scope,
        createdAt,
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
    await tx.run('DELETE FROM refresh_token WHERE session IN (SELECT id FROM session WHERE did = ?)', did)
    await tx.run('DELETE FROM session WHERE did = ?', did)
  }

  /** The living session of that id, or null. Asked once for every authenticated request. */
  async find(sessionId: string): Promise<Session | null> {
    // A subquery, because SQLite takes four times as long for the join.
    const row = await this.database.read.get<Session>(
      `SELECT did, (SELECT coalesce(status, 'active') FROM repo WHERE repo.did = session.did) AS status
       FROM session WHERE id = ?`,
      sessionId,
    )
    if (!row?.status) return null
    return { did: row.did, status: row.status === 'active' ? null : row.status }
  }
}

const INSERT_TOKEN = 'INSERT INTO refresh_token (id, session, expires_at) VALUES (?, ?, ?)'

function newId(): string {
  return randomBytes(24).toString('base64url')
}
