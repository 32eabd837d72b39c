import { Injectable } from '@nestjs/common'
import { JwtService } from '@nestjs/jwt'
import { type Did, isDid } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { invalidRequest, type XrpcError } from '../xrpc/xrpc-error.js'

/**
 * What an access token is good for: everything · what an app may do with an app password · that and chat ·
 * for an account that is taken down, nothing but to appeal and to leave.
 */
export type AccessScope = (typeof ACCESS_SCOPES)[number]

const ACCESS_SCOPES = [
  'com.atproto.access',
  'com.atproto.appPass',
  'com.atproto.appPassPrivileged',
  'com.atproto.takendown',
] as const
const REFRESH_SCOPE = 'com.atproto.refresh'
const ACCESS_SECONDS = 2 * 60 * 60

/** What a verified access token says. */
export interface AccessClaims {
  did: Did
  scope: AccessScope
  /** The session it dies with. */
  sessionId: string
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/** What a verified refresh token says. */
export interface RefreshClaims {
  did: Did
  /** Null in a token of the official PDS, whose sessions have gone on here: whatever session has the token. */
  sessionId: string | null
  tokenId: string
  /** Milliseconds since the epoch. A session may have ended it earlier. */
  expiresAt: number
}

/** What a session is worth at one moment: enough to mint its two tokens. */
export interface Grant {
  did: Did
  scope: AccessScope
  sessionId: string
  refreshId: string
  refreshExpiresAt: number
}

/** What a client takes away from a sign-in or a refresh. */
export interface TokenPair {
  accessJwt: string
  refreshJwt: string
}

/** A token as the signature check leaves it: `complete` form of jsonwebtoken. */
export interface VerifiedJwt {
  header: { typ?: string }
  payload: Record<string, unknown>
}

/**
 * Session tokens: HS256 under the server's own secret, in the shape of the official PDS, so that its clients read them.
 * One claim is ours: `sid`, the session, by which a token can be called back before it expires.
 */
@Injectable()
export class SessionTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  mint(grant: Grant): TokenPair {
    const iat = Math.floor(this.clock.now() / 1000)
    const claims = { sub: grant.did, aud: this.config.serviceDid, sid: grant.sessionId, iat }
    const exp = Math.floor(grant.refreshExpiresAt / 1000)
    return {
      accessJwt: this.sign('at+jwt', { scope: grant.scope, ...claims, exp: iat + ACCESS_SECONDS }),
      refreshJwt: this.sign('refresh+jwt', { scope: REFRESH_SCOPE, ...claims, jti: grant.refreshId, exp }),
    }
  }

  private sign(typ: string, payload: object): string {
    return this.jwt.sign(payload, { algorithm: 'HS256', header: { alg: 'HS256', typ } })
  }
}

/** Reads an access token whose signature and audience are right. @throws XrpcError 400 InvalidToken. */
export function readAccessClaims({ header, payload }: VerifiedJwt): AccessClaims {
  const { sub, scope, sid, exp } = payload
  if (!isAccessScope(scope)) throw invalidToken('Bad token scope')
  if (header.typ !== 'at+jwt') throw invalidToken('Invalid token type')
  // From before the accounts came here: their clients can refresh it.
  if (sid === undefined) throw expiredToken('Token has expired')
  if (!isDid(sub) || typeof sid !== 'string' || typeof exp !== 'number') throw invalidToken('Malformed token')
  return { did: sub, scope, sessionId: sid, expiresAt: exp * 1000 }
}

/** Reads a refresh token whose signature and audience are right. @throws XrpcError 400 InvalidToken. */
export function readRefreshClaims({ header, payload }: VerifiedJwt): RefreshClaims {
  const { sub, scope, sid, jti, exp } = payload
  if (scope !== REFRESH_SCOPE) throw invalidToken('Bad token scope')
  if (header.typ !== 'refresh+jwt') throw invalidToken('Invalid token type')
  if (!isDid(sub) || typeof jti !== 'string' || typeof exp !== 'number') throw invalidToken('Malformed token')
  if (sid !== undefined && typeof sid !== 'string') throw invalidToken('Malformed token')
  return { did: sub, sessionId: sid ?? null, tokenId: jti, expiresAt: exp * 1000 }
}

/** Signing in again is the only cure. */
export function invalidToken(message: string): XrpcError {
  return invalidRequest(message, 'InvalidToken')
}

/** A client that reads this refreshes its session. */
export function expiredToken(message: string): XrpcError {
  return invalidRequest(message, 'ExpiredToken')
}

function isAccessScope(scope: unknown): scope is AccessScope {
  return ACCESS_SCOPES.includes(scope as AccessScope)
}
