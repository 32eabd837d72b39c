import { Injectable, type OnModuleInit } from '@nestjs/common'
import { CommitLog } from '../../commit-log/commit-log.js'
import { Clock } from '../../config/clock.js'
import { Config } from '../../config/config.js'
import { invalidRequest, XrpcError } from '../../xrpc/xrpc-error.js'
import { FellBehind, LogWindow } from '../log-window.js'
import { type Stream, type StreamRequest, StreamServer } from '../stream-server.js'
import { CLOSE, Stalled, type Subscriber } from '../subscriber.js'
import type { EventBatch } from './event-batch.js'
import { EventReader, type Start } from './event-reader.js'
import { Wanted } from './wanted.js'

/** Bytes that the window of newest events holds for everybody together. */
const WINDOW_BYTES = 16 * 1024 * 1024
/** What a subscriber may say at once: as many DIDs as it may want. */
const MAX_MESSAGE_BYTES = 1024 * 1024

/** What somebody asks for. */
interface Request {
  wanted: Wanted
  /** A `time_us` from which on everything is sent; null: what happens from now on. */
  cursor: number | null
  /** Nothing is sent before the subscriber has said what it wants in a message. */
  waits: boolean
}

/** `/subscribe`: the log as JSON, for clients of Jetstream (https://github.com/bluesky-social/jetstream). */
@Injectable()
export class Jetstream implements OnModuleInit {
  private readonly window: LogWindow<EventBatch>

  constructor(
    private readonly streams: StreamServer,
    private readonly log: CommitLog,
    private readonly reader: EventReader,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    const limits = { maxEvents: config.subscriptionBuffer, maxBytes: WINDOW_BYTES }
    this.window = new LogWindow(log, (after, until) => reader.read(after, until), limits)
  }

  onModuleInit(): void {
    this.streams.serve('/subscribe', this.log, MAX_MESSAGE_BYTES, (request) => this.open(request))
  }

  private open({ query, headers }: StreamRequest): Stream {
    // Its dictionary is part of Jetstream's own clients: what is compressed with another they cannot read.
    if (query.compress === 'true' || headers['socket-encoding']?.includes('zstd'))
      throw invalidRequest('This server does not compress: connect without compress=true and Socket-Encoding')
    const request = {
      wanted: Wanted.ofQuery(query),
      cursor: parseCursor(query.cursor),
      waits: query.requireHello === 'true',
    }
    return (subscriber) => this.serve(subscriber, request)
  }

  private async serve(subscriber: Subscriber, { wanted, cursor, waits }: Request): Promise<void> {
    const { signal } = subscriber
    const told = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve())
      subscriber.onText((text) => {
        try {
          const update = Wanted.ofMessage(text)
          if (!update) return
          wanted = update
          resolve()
        } catch (error) {
          subscriber.end(CLOSE.policy, (error as XrpcError).message)
        }
      })
    })
    try {
      const { position: start, from } = await this.start(cursor)
      if (waits) await told
      let position = (subscriber.position = start)
      for await (const batch of this.window.follow(position, signal)) {
        await subscriber.send(batch.select(position, from, wanted))
        position = subscriber.position = batch.last
      }
    } catch (error) {
      if (!(error instanceof FellBehind || error instanceof Stalled)) throw error
      subscriber.end(CLOSE.policy, 'ConsumerTooSlow: Stream consumer too slow')
    }
  }

  private async start(cursor: number | null): Promise<Start> {
    const { backfillLimitMs } = this.config
    const kept = backfillLimitMs === null ? 0 : (this.clock.now() - backfillLimitMs) * 1_000
    const start = cursor === null ? null : await this.reader.startOf(Math.max(cursor, kept))
    return start ?? { position: await this.log.lastSeq(), from: 0 }
  }
}

/** Microseconds since the epoch; null for none. @throws XrpcError InvalidRequest */
function parseCursor(cursor: string | string[] | undefined): number | null {
  if (cursor === undefined || cursor === '') return null
  if (typeof cursor !== 'string' || !/^\d+$/.test(cursor)) throw invalidRequest('cursor is not a time in microseconds')
  return Math.min(Number(cursor), Number.MAX_SAFE_INTEGER)
}
