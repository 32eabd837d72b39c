import { Injectable, type OnModuleInit } from '@nestjs/common'
import { Config } from '../config/config.js'
import { FrameBatch } from '../firehose/frame-batch.js'
import { FellBehind, LogWindow } from '../firehose/log-window.js'
import { errorMessage } from '../firehose/messages.js'
import { type OpenStream, StreamServer, type StreamRequest } from '../firehose/stream-server.js'
import { CLOSE, Stalled, type Subscriber } from '../firehose/subscriber.js'
import { Lexicons } from '../lexicon/lexicons.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { LabelLog } from './label-log.js'

const SUBSCRIBE_LABELS = 'com.atproto.label.subscribeLabels'
/** Bytes that the window of newest labels holds for everybody together. */
const WINDOW_BYTES = 4 * 1024 * 1024
/** What a subscriber may say: nothing that is listened to. */
const MAX_MESSAGE_BYTES = 1024

/**
 * com.atproto.label.subscribeLabels: the labels of this server, from a cursor on and then as they are set. The stream has
 * every label as it is now, so it is never outdated; nothing is repeated of one that was changed since.
 */
@Injectable()
export class SubscribeLabels implements OnModuleInit {
  private readonly window: LogWindow<FrameBatch>

  constructor(
    private readonly streams: StreamServer,
    private readonly log: LabelLog,
    private readonly lexicons: Lexicons,
    { subscriptionBuffer }: Config,
  ) {
    const read = async (after: number, until: number): Promise<FrameBatch> => {
      const { last, run } = await log.read(after, until)
      return FrameBatch.of(last, run)
    }
    this.window = new LogWindow(log, read, { maxEvents: subscriptionBuffer, maxBytes: WINDOW_BYTES })
  }

  onModuleInit(): void {
    // What is wrong with a request is said in the stream, in the words of its lexicon.
    const open: OpenStream = (request) => (subscriber) => this.serve(subscriber, request)
    this.streams.serve(`/xrpc/${SUBSCRIBE_LABELS}`, this.log, MAX_MESSAGE_BYTES, open)
  }

  private async serve(subscriber: Subscriber, { query }: StreamRequest): Promise<void> {
    try {
      let position = (subscriber.position = await this.start(query))
      for await (const batch of this.window.follow(position, subscriber.signal)) {
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

  /** The position that a subscriber begins after. @throws XrpcError InvalidRequest, FutureCursor */
  private async start(query: StreamRequest['query']): Promise<number> {
    const { cursor } = this.lexicons.parseParams(SUBSCRIBE_LABELS, query)
    const last = await this.log.lastSeq()
    if (cursor === undefined) return last
    if (cursor > last) throw new XrpcError(400, 'FutureCursor', 'Cursor in the future.')
    return Math.max(cursor, 0)
  }
}

function refuse(subscriber: Subscriber, error: string, message: string): void {
  subscriber.end(CLOSE.policy, error, errorMessage(error, message))
}
