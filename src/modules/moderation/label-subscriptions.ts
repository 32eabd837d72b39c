import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { Did } from '../../repo-engine/index.js'
import { Config } from '../config/config.js'
import { streamOf } from '../replication/peer-stream.js'
import { RetryWaits } from '../replication/retry.js'
import { LabelIntake, UnknownPosition } from './label-intake.js'

/** Frames a second that are taken of one labeler: its whole history comes at the beginning. */
const MAX_RATE = 2_000
/** After so long without a message somebody is asked whether he is there; after as long again he is not. */
const SILENCE_MS = 30_000

/** Follows the labelers of the settings (APPVIEW_LABELERS), each from where it was, for as long as the server runs. */
@Injectable()
export class LabelSubscriptions implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Labels')
  private readonly waits = new RetryWaits()
  private readonly stop = new AbortController()
  private runs: Promise<void>[] = []

  constructor(
    private readonly config: Config,
    private readonly intake: LabelIntake,
    private readonly http: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    // A command that only borrows the server's rooms follows nobody.
    if (!this.http.httpAdapter) return
    const sources = [...this.config.subscribedLabelers]
    this.runs = sources.map(([src, url], i) => this.follow(i, src as Did, url))
  }

  /** When it is done, nothing is written any more: after this the database closes. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort()
    await Promise.all(this.runs)
  }

  /** Comes back whenever the stream ends, later each time that nothing has come of it. */
  private async follow(id: number, src: Did, url: string): Promise<void> {
    const { signal } = this.stop
    for (let failures = 0; !signal.aborted;) {
      let heard = false
      try {
        await this.listen(src, url, () => (heard = true))
      } catch (error) {
        if (signal.aborted) return
        if (heard) failures = 0
        failures++
        if (error instanceof UnknownPosition) await this.intake.restart(src, url).catch(() => undefined)
        if (failures === 1) this.logger.warn(`${src} at ${url}: ${(error as Error).message || 'begins anew'}`)
      }
      await this.waits.wait(id, failures, signal)
    }
  }

  /** @throws StreamEnded, UnknownPosition, StreamRefused, and whatever keeps labels from being stored */
  private async listen(src: Did, url: string, onHeard: () => void): Promise<never> {
    const following = await this.intake.begin(src, url)
    const address = `${url.replace(/^http/, 'ws')}/xrpc/com.atproto.label.subscribeLabels?cursor=${following.position}`
    const stream = streamOf(address, {
      // The operator has named it, so it may be anywhere.
      lookup: lookup as LookupFunction,
      maxRate: MAX_RATE,
      silenceMs: SILENCE_MS,
      signal: this.stop.signal,
    })
    for await (const frames of stream) {
      await this.intake.take(following, frames)
      onHeard()
    }
    throw new Error('a stream has ended without a reason')
  }
}
