import { Injectable } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { Strategy } from 'passport-jwt'
import { Config } from '../config/config.js'
import { Secrets } from '../config/secrets.js'
import { bearerToken, runStrategy } from './bearer.js'
import { readRefreshClaims, type RefreshClaims, type VerifiedJwt } from './tokens.js'

/** Reads a refresh token. Whether it is still good, {@link Sessions.rotate} alone knows. */
@Injectable()
export class RefreshStrategy extends Strategy {
  constructor(secrets: Secrets, config: Config) {
    super(
      {
        jwtFromRequest: bearerToken,
        secretOrKey: secrets.jwtSecret,
        algorithms: ['HS256'],
        audience: config.serviceDid,
        // An expired one can still be used to sign out.
        ignoreExpiration: true,
        jsonWebTokenOptions: { complete: true },
      },
      (jwt: VerifiedJwt, done: (error: null, claims: RefreshClaims) => void) => done(null, readRefreshClaims(jwt)),
    )
  }

  /** @throws XrpcError 401 AuthMissing; 400 InvalidToken. */
  claimsOf(request: FastifyRequest): Promise<RefreshClaims> {
    return runStrategy<RefreshClaims>(this, request)
  }
}
