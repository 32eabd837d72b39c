import { Injectable, type OnModuleInit } from '@nestjs/common'
import { CommitLog } from '../commit-log/commit-log.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { Lexicons } from '../lexicon/lexicons.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { FrameBatch } from './frame-batch.js'
import { FellBehind, LogWindow } from './log-window.js'
import { errorMessage, infoMessage } from './messages.js'
import { type OpenStream, StreamServer, type StreamRequest } from './stream-server.js'
import { CLOSE, Stalled, type Subscriber } from './subscriber.js'
import { framed } from './web-socket-frame.js'

const SUBSCRIBE_REPOS = 'com.atproto.sync.subscribeRepos'
/** Bytes that the window of newest events holds for everybody together. */
const WINDOW_BYTES = 32 * 1024 * 1024
/** Bytes that are read of the log and sent at a time. */
const PAGE_BYTES = 256 * 1024
const OUTDATED = infoMessage('OutdatedCursor', 'Requested cursor exceeded limit. Possibly missing events')
/** What a subscriber may say: nothing that is listened to. */
const MAX_MESSAGE_BYTES = 1024

/**
 * com.atproto.sync.subscribeRepos: the log as it is read from a cursor. What is sent are the bytes that were stored when each
 * event was appended.
 */
@Injectable()
export class SubscribeRepos implements OnModuleInit {
  private readonly window: LogWindow<FrameBatch>

  constructor(
    private readonly streams: StreamServer,
    private readonly log: CommitLog,
    private readonly lexicons: Lexicons,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    const limits = { maxEvents: config.subscriptionBuffer, maxBytes: WINDOW_BYTES }
    this.window = new LogWindow(log, (after, until) => this.read(after, until), limits)
  }

  onModuleInit(): void {
    // What is wrong with a request is said in the stream, in the words of its lexicon.
    const open: OpenStream = (request) => (subscriber) => this.serve(subscriber, request)
    this.streams.serve(`/xrpc/${SUBSCRIBE_REPOS}`, this.log, MAX_MESSAGE_BYTES, open)
  }

  private async serve(subscriber: Subscriber, { query }: StreamRequest): Promise<void> {
    try {
      let { position, isWhole } = await this.start(query)
      subscriber.position = position
      if (!isWhole) await subscriber.send(framed('binary', OUTDATED))
      for await (const batch of this.window.follow(position, subscriber.signal)) {
        // Compaction may come from behind and overtake a subscriber on its way.
        if (isWhole && !batch.isWhole) await subscriber.send(framed('binary', OUTDATED))
        isWhole &&= batch.isWhole
        await subscriber.send(batch.after(position))
        position = subscriber.position = batch.last
      }
    } catch (error) {
      if (error instanceof XrpcError) refuse(subscriber, error.error, error.message)
      else if (error instanceof FellBehind || error instanceof Stalled)
        refuse(subscriber, 'ConsumerTooSlow', 'Stream consumer too slow')
      else throw error
    }
  }

  /**
   * The position that a subscriber begins after, and whether that is all that was asked for.
   * @throws XrpcError InvalidRequest, FutureCursor
   */
  private async start(query: StreamRequest['query']): Promise<{ position: number; isWhole: boolean }> {
    const { cursor } = this.lexicons.parseParams(SUBSCRIBE_REPOS, query)
    const last = await this.log.lastSeq()
    if (cursor === undefined) return { position: last, isWhole: true }
    if (cursor > last) throw new XrpcError(400, 'FutureCursor', 'Cursor in the future.')
    const asked = Math.max(cursor, 0)
    const complete = await this.log.completeAfter(this.keptSince())
    return { position: Math.max(asked, complete), isWhole: asked >= complete }
  }

  /** Nothing from before this moment is sent; null: everything is. */
  private keptSince(): string | null {
    const { backfillLimitMs } = this.config
    return backfillLimitMs === null ? null : new Date(this.clock.now() - backfillLimitMs).toISOString()
  }

  private async read(after: number, until: number): Promise<FrameBatch> {
    const run = await this.log.readFrames(after, until, this.config.firehoseScope === 'hosted', PAGE_BYTES)
    return FrameBatch.of(run.frames.at(-1)?.seq ?? until, run)
  }
}

function refuse(subscriber: Subscriber, error: string, message: string): void {
  subscriber.end(CLOSE.policy, error, errorMessage(error, message))
}
