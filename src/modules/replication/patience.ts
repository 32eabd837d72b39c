import { Injectable } from '@nestjs/common'
import { FetchError } from '../identity/safe-fetch.js'
import { XrpcError } from '../xrpc/xrpc-error.js'

/** What has to come within a stall: less is dripping. */
const LEAST_BYTES = 16 * 1024

/** How long others may take, in milliseconds. */
@Injectable()
export class Patience {
  /** An answer that is an object of JSON has to be here in full within this. */
  readonly answerMs: number = 15_000
  /** Between two pieces of a repository that is sent or received. */
  readonly stallMs: number = 30_000
  /** For the answer to a repository that was sent whole: it is checked and stored first. */
  readonly takingInMs: number = 5 * 60_000
  /** For a whole repository, however steadily it comes. */
  readonly wholeMs: number = 30 * 60_000
  /** After so long without a message somebody is asked whether he is there; after as long again he is not. */
  readonly silenceMs: number = 30_000

  /** A source that is given up when it drips, or takes too long. @throws XrpcError 408 RequestTimeout, and as the source */
  async *inTime(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const deadline = this.deadline()
    const pieces = source[Symbol.asyncIterator]()
    let giveUp = (): void => undefined
    deadline.signal.addEventListener('abort', () => giveUp())
    try {
      for (;;) {
        const piece = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
          giveUp = () => reject(new XrpcError(408, 'RequestTimeout', 'what was sent took too long'))
          if (deadline.signal.aborted) giveUp()
          else pieces.next().then(resolve, reject)
        })
        if (piece.done) return
        deadline.move(piece.value.length)
        yield piece.value
      }
    } finally {
      deadline.end()
      // Of one that was given up a piece may still be asked for: its end comes after that, whenever it does.
      void Promise.resolve(pieces.return?.()).catch(() => undefined)
    }
  }

  /** For an exchange that begins now, and is given up when `stop` aborts. */
  deadline(stop?: AbortSignal): Deadline {
    return new Deadline(this, stop)
  }
}

/** How long one exchange may take: so long in all, and so long without anything that moves. To be ended. */
export class Deadline {
  private readonly abort = new AbortController()
  private readonly whole: NodeJS.Timeout
  private stall: NodeJS.Timeout
  /** Bytes since the stall was put off. */
  private moved = 0
  readonly signal: AbortSignal

  constructor(
    private readonly patience: Patience,
    stop?: AbortSignal,
  ) {
    this.whole = this.after(patience.wholeMs)
    this.stall = this.after(patience.stallMs)
    this.signal = stop ? AbortSignal.any([stop, this.abort.signal]) : this.abort.signal
  }

  /** So many bytes have moved. */
  move(bytes: number): void {
    this.moved += bytes
    if (this.moved < LEAST_BYTES) return
    this.moved = 0
    this.extend(this.patience.stallMs)
  }

  /** All of a repository is sent, and the other side has work to do. */
  sent(): void {
    this.extend(this.patience.takingInMs)
  }

  end(): void {
    clearTimeout(this.whole)
    clearTimeout(this.stall)
  }

  /** What was caught, or that there was no more time, if that is what it comes from. */
  explain(error: unknown): unknown {
    return this.abort.signal.aborted ? new FetchError('the other side took too long') : error
  }

  private extend(ms: number): void {
    clearTimeout(this.stall)
    if (!this.signal.aborted) this.stall = this.after(ms)
  }

  private after(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.abort.abort(), ms)
  }
}
