import { LRUCache } from 'lru-cache'
import type { Clock } from '../config/clock.js'

export interface Freshness {
  /** A value older than this is still given, and looked up again behind the caller's back. */
  staleMs: number
  /** A value older than this is not given any more. */
  maxMs: number
  /** How long it counts that nothing was found, or that nobody answered. */
  missingMs: number
}

interface Entry<Value> {
  value: Value | null
  at: number
  /** When its source was last asked, answer or not. */
  askedAt: number
}

const MAX_BYTES = 32 << 20

/** What was learnt from elsewhere about a name, bounded in size and age. One lookup of a name at a time. */
export class FreshCache<Value extends object | string> {
  private readonly entries = new LRUCache<string, Entry<Value>>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ value }, key) => 200 + 2 * (key.length + JSON.stringify(value).length),
  })
  private readonly underWay = new Map<string, Promise<Value | null>>()

  /** `load` gives null for what does not exist, and throws when it cannot tell. */
  constructor(
    private readonly load: (key: string) => Promise<Value | null>,
    private readonly clock: Clock,
    private readonly freshness: Freshness,
  ) {}

  /**
   * The value; null when there is none or none could be had. `fresh` asks the source, whatever is known and whoever else is
   * asking already; with `notWithinMs` not when it was asked less than that ago.
   */
  async get(key: string, fresh = false, notWithinMs = 0): Promise<Value | null> {
    const { staleMs } = this.freshness
    // What is under way may have been answered before the change that the caller wants to see.
    if (fresh && notWithinMs === 0) {
      await this.underWay.get(key)
      return this.refresh(key)
    }
    const known = this.usable(key)
    const entry = fresh && known && this.clock.now() - known.askedAt >= notWithinMs ? undefined : known
    if (!entry) return this.refresh(key)
    if (entry.value !== null && this.clock.now() - entry.at >= staleMs) void this.refresh(key)
    return entry.value
  }

  private usable(key: string): Entry<Value> | undefined {
    const entry = this.entries.get(key)
    if (!entry) return undefined
    const limit = entry.value === null ? this.freshness.missingMs : this.freshness.maxMs
    return this.clock.now() - entry.at < limit ? entry : undefined
  }

  /** Never rejects. A source that does not answer leaves a usable value in place, but is not taken for it. */
  private refresh(key: string): Promise<Value | null> {
    const known = this.underWay.get(key)
    if (known) return known
    const started = this.load(key)
      .catch(() => undefined)
      .then((value) => {
        this.underWay.delete(key)
        const now = this.clock.now()
        const kept = value === undefined ? this.usable(key) : undefined
        this.entries.set(key, kept ? { ...kept, askedAt: now } : { value: value ?? null, at: now, askedAt: now })
        return value ?? null
      })
    this.underWay.set(key, started)
    return started
  }
}
