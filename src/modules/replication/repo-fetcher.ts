import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { Clock } from '../config/clock.js'
import { MirrorFetch } from './mirror-fetch.js'
import { type Mirror, Mirrors } from './mirrors.js'

/** Repositories that are fetched at once, and of those the ones of one peer: who is slow does not hold up others. */
const AT_ONCE = 12
const OF_ONE_PEER = 4
/** Before a failure of the own database is got over. */
const RETRY_MS = 5_000

/** Sees to it that repositories which are wanted are fetched, each when it is due. */
@Injectable()
export class RepoFetcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Mirrors')
  private readonly stop = new AbortController()
  private readonly inHand = new Map<string, { peer: number; done: Promise<void> }>()
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly mirrors: Mirrors,
    private readonly fetches: MirrorFetch,
    private readonly clock: Clock,
    private readonly http: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    // A command that only borrows the server's rooms fetches nothing.
    if (!this.http.httpAdapter) return
    this.mirrors.onWanted(() => this.lookIn(0))
    this.lookIn(0)
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort()
    clearTimeout(this.timer)
    await Promise.all([...this.inHand.values()].map(({ done }) => done))
  }

  private lookIn(ms: number): void {
    if (this.stop.signal.aborted) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.look().catch((error: unknown) => {
        this.logger.error(error)
        this.lookIn(RETRY_MS)
      })
    }, ms).unref()
  }

  private async look(): Promise<void> {
    while (this.inHand.size < AT_ONCE) {
      const next = await this.mirrors.next([...this.inHand.keys()], this.busy())
      if (!next || this.inHand.has(next.did)) return
      const wait = next.dueAt - this.clock.now()
      if (wait > 0) return this.lookIn(wait)
      this.take(next)
    }
  }

  /** Peers of which as many are in hand as may be. */
  private busy(): number[] {
    const counts = new Map<number, number>()
    for (const { peer } of this.inHand.values()) counts.set(peer, (counts.get(peer) ?? 0) + 1)
    return [...counts].flatMap(([peer, count]) => (count < OF_ONE_PEER ? [] : [peer]))
  }

  private take(mirror: Mirror): void {
    let wait = 0
    const done = this.fetches
      .fetch(mirror, this.stop.signal)
      .catch((error: unknown) => {
        if (!this.stop.signal.aborted) this.logger.error(error)
        wait = RETRY_MS
      })
      .finally(() => {
        this.inHand.delete(mirror.did)
        this.lookIn(wait)
      })
    this.inHand.set(mirror.did, { peer: mirror.peer, done })
  }
}
