import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { Clock } from '../config/clock.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import type { Peer } from './peers.js'

/** Pushes of one peer that are received at once. */
const AT_ONCE = 16
const MAX_PEERS = 1_000

interface Bucket {
  /** Pushes under way. */
  running: number
  /** Pushes that may still begin now. */
  tokens: number
  at: number
}

/** How often peers may push: as many a second as the operator allows, and a few at once. */
@Injectable()
export class PushRates {
  private readonly buckets = new LRUCache<number, Bucket>({ max: MAX_PEERS })

  constructor(private readonly clock: Clock) {}

  /** Lets a push in; what it gives is to be called when that has ended. @throws XrpcError 429 RateLimitExceeded. */
  enter({ id, maxRate }: Pick<Peer, 'id' | 'maxRate'>): () => void {
    const now = this.clock.now()
    const bucket = this.buckets.get(id) ?? { running: 0, tokens: maxRate ?? 0, at: now }
    if (maxRate !== null) {
      const passed = Math.max(0, now - bucket.at) / 1000
      bucket.tokens = Math.min(maxRate, bucket.tokens + passed * maxRate)
      bucket.at = now
    }
    this.buckets.set(id, bucket)
    if (bucket.running >= AT_ONCE || (maxRate !== null && bucket.tokens < 1))
      throw new XrpcError(429, 'RateLimitExceeded', 'too many pushes', { 'retry-after': '1' })
    if (maxRate !== null) bucket.tokens--
    bucket.running++
    return () => bucket.running--
  }
}
