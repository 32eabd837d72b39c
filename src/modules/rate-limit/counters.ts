import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { Clock } from '../config/clock.js'
import { upTo } from '../config/up-to.js'

/** So many points in so long, for each of those who are counted. */
export interface Limit {
  /** Methods whose limit has the same name share one count. */
  name: string
  points: number
  windowMs: number
}

/** How somebody stands with a limit. */
export interface Standing {
  limit: Limit
  /** Points that are left; below zero when more were taken than there are. */
  remaining: number
  /** When the count begins anew, in milliseconds since the epoch. */
  endsAt: number
}

interface Count {
  points: number
  endsAt: number
}

/** Who has been seen longest ago is forgotten first. Whoever wants to be forgotten has to come under so many other names. */
const MAX_COUNTS = 100_000

/** Counts in fixed windows that begin with the first point. In memory: a restart begins anew. */
@Injectable()
export class Counters {
  private readonly counts = new LRUCache<string, Count>(upTo(MAX_COUNTS))

  constructor(private readonly clock: Clock) {}

  /** Takes points of a limit, whether they are there or not. */
  take(limit: Limit, who: string, points = 1): Standing {
    const key = `${limit.name} ${who}`
    const now = this.clock.now()
    let count = this.counts.get(key)
    if (!count || count.endsAt <= now) this.counts.set(key, (count = { points: 0, endsAt: now + limit.windowMs }))
    count.points += points
    return { limit, remaining: limit.points - count.points, endsAt: count.endsAt }
  }

  /** How many counts are kept. */
  get size(): number {
    return this.counts.size
  }
}
