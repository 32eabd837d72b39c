import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { CommitLog } from '../commit-log/commit-log.js'
import { Clock } from '../config/clock.js'
import { Database, type Tx } from '../database/database.js'
import { type Finish, GivenUp, Outbox } from '../outbox/outbox.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { Crawlers } from './crawlers.js'

const KIND = 'request-crawl'
/** Between two requests to one crawler. */
const INTERVAL_MS = 20 * 60 * 1000

interface Promised {
  crawler: string
}

/**
 * Has the crawlers asked to come when something was written here: the first time at once, then at most once an interval, and
 * once more at its end for what was written meanwhile. Each request is a promise in the outbox, and no crawler ever has two.
 */
@Injectable()
export class CrawlRequests implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Crawlers')
  /** Counts what is written of accounts that are hosted here. */
  private news = 0
  /** Crawlers that are promised a request. One that is on its way covers what was written before it began. */
  private readonly promised = new Set<string>()
  /** When each crawler was asked last, in milliseconds since the epoch. Not kept: a relay loses whoever is restarted. */
  private readonly askedAt = new Map<string, number>()
  private quiet = (): void => undefined

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly log: CommitLog,
    private readonly clock: Clock,
    private readonly crawlers: Crawlers,
  ) {
    outbox.handle<Promised>(KIND, (promise, stop) => this.keep(promise, stop))
  }

  onModuleInit(): void {
    if (this.crawlers.urls.length === 0) return
    void this.crawlers.open.then(() => {
      this.quiet = this.log.onCommit((hosted) => void (hosted && this.written()))
    })
  }

  beforeApplicationShutdown(): void {
    this.quiet()
  }

  /** The doorbell: with all promises made, which is nearly always, it only counts. */
  private written(): void {
    this.news++
    if (this.promised.size === this.crawlers.urls.length) return
    const missing = this.crawlers.urls.filter((crawler) => !this.promised.has(crawler))
    for (const crawler of missing) this.promised.add(crawler)
    this.promise(missing).catch((error: unknown) => {
      for (const crawler of missing) this.promised.delete(crawler)
      this.logger.error(error)
    })
  }

  private async promise(crawlers: readonly string[]): Promise<void> {
    // What was written may be the end of the last account.
    if (await this.database.read.get('SELECT 1 FROM account LIMIT 1'))
      await this.database.write(async (tx) => {
        for (const crawler of crawlers) await this.promiseTo(tx, crawler)
      })
    else for (const crawler of crawlers) this.promised.delete(crawler)
  }

  private async promiseTo(tx: Tx, crawler: string): Promise<void> {
    const notBefore = (this.askedAt.get(crawler) ?? -Infinity) + INTERVAL_MS
    await this.outbox.addOnce(tx, KIND, { crawler } satisfies Promised, notBefore)
  }

  private async keep({ crawler }: Promised, stop: AbortSignal): Promise<Finish | void> {
    await this.crawlers.open
    // The operator may have taken it off the list since.
    if (!this.crawlers.urls.includes(crawler)) return
    const covered = this.news
    const finish = (tx: Tx): Promise<void> => this.kept(tx, crawler, covered)
    try {
      await this.crawlers.ask(crawler, stop)
    } catch (error) {
      if (!(error instanceof XrpcError)) throw error
      this.logger.warn(`a request to crawl was refused: ${error.message}`)
      throw new GivenUp(error, finish)
    }
    return finish
  }

  /** The promise is off the list; what was written since the request began needs another. */
  private async kept(tx: Tx, crawler: string, covered: number): Promise<void> {
    this.askedAt.set(crawler, this.clock.now())
    this.promised.delete(crawler)
    if (this.news === covered) return
    this.promised.add(crawler)
    await this.promiseTo(tx, crawler)
  }
}
