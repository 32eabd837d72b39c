import { Injectable } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { Strategy } from 'passport-jwt'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { Secrets } from '../config/secrets.js'
import { upTo } from '../config/up-to.js'
import { unauthorized } from '../xrpc/xrpc-error.js'
import { bearerToken, runStrategy } from './bearer.js'
import { Sessions } from './sessions.js'
import { type AccessClaims, expiredToken, invalidToken, readAccessClaims, type VerifiedJwt } from './tokens.js'
import type { Viewer } from './viewer.js'

/** Tokens whose signature need not be looked at again; a client sends the same one for two hours. */
const VERIFIED_TOKENS = 10_000

/** Nothing · a session that was opened to appeal · that, or one that he had before. */
export type TakendownEntry = 'nothing' | 'appeal' | 'any-session'

/** Tells who is asking from an access token. Its signature is checked once, its session on every request. */
@Injectable()
export class AccessStrategy extends Strategy {
  private readonly verified = new LRUCache<string, AccessClaims>(upTo(VERIFIED_TOKENS))

  constructor(
    secrets: Secrets,
    config: Config,
    private readonly clock: Clock,
    private readonly sessions: Sessions,
  ) {
    super(
      {
        jwtFromRequest: bearerToken,
        secretOrKey: secrets.jwtSecret,
        algorithms: ['HS256'],
        audience: config.serviceDid,
        // Looked at below, on every use and by our clock.
        ignoreExpiration: true,
        jsonWebTokenOptions: { complete: true },
      },
      (jwt: VerifiedJwt, done: (error: null, claims: AccessClaims) => void) => done(null, readAccessClaims(jwt)),
    )
  }

  /**
   * `takendown`: what the owner of an account that is taken down is let in by; his scope is `com.atproto.takendown` then.
   * @throws XrpcError 401 AuthMissing; 400 InvalidToken for what is no access token of this server, or one that is not good
   * for this; 400 ExpiredToken when it or its session has ended; 401 AccountTakedown.
   */
  async viewerOf(request: FastifyRequest, takendown: TakendownEntry = 'nothing'): Promise<Viewer> {
    const { did, scope, sessionId, expiresAt } = await this.claimsOf(request)
    if (expiresAt <= this.clock.now()) throw expiredToken('Token has expired')
    const session = await this.sessions.find(sessionId)
    if (session?.did !== did) throw expiredToken('Token has been revoked')
    const { status } = session
    if (scope === 'com.atproto.takendown') {
      if (takendown === 'nothing') throw invalidToken('Bad token scope')
    } else if (status !== null && status !== 'deactivated') {
      // An app is not let in to appeal, and even less to leave.
      if (takendown !== 'any-session' || scope !== 'com.atproto.access')
        throw unauthorized('Account has been taken down', 'AccountTakedown')
      return { did, scope: 'com.atproto.takendown', sessionId, status }
    }
    return { did, scope, sessionId, status }
  }

  private async claimsOf(request: FastifyRequest): Promise<AccessClaims> {
    const token = bearerToken(request) ?? ''
    const known = this.verified.get(token)
    if (known) return known
    const claims = await runStrategy<AccessClaims>(this, request)
    this.verified.set(token, claims)
    return claims
  }
}
