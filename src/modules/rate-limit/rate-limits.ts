import { hash, timingSafeEqual } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AddressList } from '../config/address-list.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import type { AuthenticatedRequest } from '../auth/viewer.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { Counters, type Limit, type Standing } from './counters.js'
import type { Rule } from './limits.js'
import { networkOf } from './network.js'

const REMAINING = 'ratelimit-remaining'
/** Longer than any handle, DID or email address. */
const MAX_IDENTIFIER = 320

/** Counts requests, tells clients how they stand, and refuses those that are too many. */
@Injectable()
export class RateLimits {
  /** How many requests each limit has refused since the start, by its name. */
  readonly refused = new Map<string, number>()
  private readonly bypassAddresses: AddressList
  private readonly bypassKey: Buffer | null

  constructor(
    private readonly counters: Counters,
    private readonly clock: Clock,
    { rateLimits }: Config,
  ) {
    this.bypassAddresses = new AddressList(rateLimits.bypassAddresses)
    this.bypassKey = rateLimits.bypassKey === null ? null : digest(rateLimits.bypassKey)
  }

  /** Counts a request by the network that it comes from. @throws XrpcError 429 RateLimitExceeded */
  count(request: FastifyRequest, reply: FastifyReply, limit: Limit): void {
    const { ip } = request
    if (this.isFree(request, ip)) return
    this.hold(reply, [this.counters.take(limit, networkOf(ip))])
  }

  /** Counts a call by the rules of its method; who is signed in is known by now. @throws XrpcError 429 RateLimitExceeded */
  countCall(request: AuthenticatedRequest, reply: FastifyReply, rules: readonly Rule[]): void {
    const { ip, body } = request
    if (this.isFree(request, ip)) return
    const network = networkOf(ip)
    this.hold(
      reply,
      rules.map(({ limit, by, cost }) => this.counters.take(limit, counted(by, request, network), cost?.(body))),
    )
  }

  private isFree({ headers }: FastifyRequest, address: string): boolean {
    const key = headers['x-ratelimit-bypass']
    // Digests have one length, so the comparison tells nothing of the key's.
    if (this.bypassKey && typeof key === 'string' && timingSafeEqual(digest(key), this.bypassKey)) return true
    return this.bypassAddresses.has(address)
  }

  /** Tells the client of what is nearest to its end, of these and of what it was told before. */
  private hold(reply: FastifyReply, standings: Standing[]): void {
    const tightest = standings.reduce((least, next) => (next.remaining < least.remaining ? next : least))
    const told = reply.getHeader(REMAINING)
    if (told === undefined || tightest.remaining < Number(told)) reply.headers(headersOf(tightest))
    if (tightest.remaining >= 0) return
    const { name } = tightest.limit
    this.refused.set(name, (this.refused.get(name) ?? 0) + 1)
    const wait = Math.ceil((tightest.endsAt - this.clock.now()) / 1000)
    throw new XrpcError(429, 'RateLimitExceeded', 'Rate Limit Exceeded', { 'retry-after': String(wait) })
  }
}

function headersOf({ limit, remaining, endsAt }: Standing): Record<string, string> {
  return {
    'ratelimit-limit': String(limit.points),
    [REMAINING]: String(Math.max(remaining, 0)),
    'ratelimit-reset': String(Math.floor(endsAt / 1000)),
    'ratelimit-policy': `${limit.points};w=${limit.windowMs / 1000}`,
  }
}

function counted(by: Rule['by'], { viewer, body }: AuthenticatedRequest, network: string): string {
  if (by === 'account' && viewer) return viewer.did
  if (by !== 'identifier') return network
  const { identifier } = (body ?? {}) as { identifier?: unknown }
  // An object need not have a text: what is none is nobody.
  const name = typeof identifier === 'string' ? identifier.slice(0, MAX_IDENTIFIER).trim().toLowerCase() : ''
  return `${name} ${network}`
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
