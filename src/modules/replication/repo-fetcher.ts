import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { Clock } from '../config/clock.js'
import { MirrorFetch } from './mirror-fetch.js'
import { type Mirror, Mirrors } from './mirrors.js'

/** Repositories that are fetched at once. */
const AT_ONCE = 4
/** Before a failure of the own database is got over. */
const RETRY_MS = 5_000

/** Sees to it that repositories which are wanted are fetched, each when it is due. */
@Injectable()
export class RepoFetcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Mirrors')
  private readonly stop = new AbortController()
  private readonly inHand = new Map<string, Promise<void>>()
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
    await Promise.all(this.inHand.values())
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
    const free = AT_ONCE - this.inHand.size
    if (free === 0) return
    for (const mirror of await this.mirrors.due(free, this.inHand)) this.take(mirror)
    const next = await this.mirrors.nextDue(this.inHand)
    if (next !== null && this.inHand.size < AT_ONCE) this.lookIn(Math.max(0, next - this.clock.now()))
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
    this.inHand.set(mirror.did, done)
  }
}
