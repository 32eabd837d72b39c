import type { FastifyRequest } from 'fastify'
import type { Strategy } from 'passport-jwt'
import { unauthorized } from '../xrpc/xrpc-error.js'
import { expiredToken, invalidToken } from './tokens.js'

const BEARER = /^bearer(?: +(\S*))?$/i

/** The bearer token of a request; null without an Authorization header. @throws XrpcError 400 InvalidToken. */
export function bearerToken(request: Pick<FastifyRequest, 'headers'>): string | null {
  const header = request.headers.authorization
  if (header === undefined) return null
  const match = BEARER.exec(header)
  if (!match) throw invalidToken('Unexpected authorization type')
  return match[1] ?? ''
}

/**
 * Runs a passport strategy over a request and gives what it vouches for. Passport itself is left out: it keeps its
 * strategies in one registry a process, where two servers in one process would overwrite each other's.
 * @throws XrpcError in the words of the official PDS, whatever the strategy's own were.
 */
export function runStrategy<Claims>(strategy: Strategy, request: FastifyRequest): Promise<Claims> {
  return new Promise((resolve, reject) => {
    const run = Object.create(strategy) as RunningStrategy
    run.success = (claims) => resolve(claims as Claims)
    run.fail = (reason) => reject(refusal(reason))
    run.error = reject
    run.authenticate(request)
  })
}

/** What a strategy calls when it has decided (passport-strategy). */
interface RunningStrategy {
  authenticate(request: FastifyRequest): void
  success(claims: unknown): void
  fail(reason: unknown): void
  error(error: Error): void
}

function refusal(reason: unknown): Error {
  const { name, message } = reason as Error
  if (message === 'No auth token') return unauthorized('Authentication Required', 'AuthMissing')
  if (name === 'TokenExpiredError') return expiredToken('Token has expired')
  return invalidToken('Token could not be verified')
}
