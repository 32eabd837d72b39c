import { Injectable } from '@nestjs/common'
import { Config } from '../config/config.js'
import { FetchError, SafeFetch } from '../identity/safe-fetch.js'
import { ServerAddress } from '../identity/server-address.js'
import { XrpcError } from '../xrpc/xrpc-error.js'

/** The relays that the operator wants to carry what is written here. */
@Injectable()
export class Crawlers {
  /** Origins. */
  readonly urls: readonly string[]

  constructor(
    private readonly fetch: SafeFetch,
    private readonly address: ServerAddress,
    config: Config,
  ) {
    this.urls = [...new Set(config.crawlers)]
  }

  /** Resolves when there is something to crawl: the server listens. */
  get open(): Promise<void> {
    return this.address.listening
  }

  /** Asks a crawler to come. @throws XrpcError 4xx when it refuses; FetchError when it cannot be asked now */
  async ask(crawler: string, stop: AbortSignal): Promise<void> {
    const { status } = await this.fetch.fetch(`${crawler}/xrpc/com.atproto.sync.requestCrawl`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ hostname: new URL(this.address.url).host }),
      trusted: true,
      signal: stop,
    })
    if (status >= 500) throw new FetchError(`${crawler} answers with status ${status}`)
    if (status >= 400) throw new XrpcError(status, 'CrawlRefused', `${crawler} answers with status ${status}`)
  }
}
