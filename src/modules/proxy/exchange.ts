import { Transform } from 'node:stream'
import { Injectable } from '@nestjs/common'
import { XrpcError } from '../xrpc/xrpc-error.js'

/** How long services may take, in milliseconds. */
@Injectable()
export class ProxyPatience {
  /** From the last byte of the request to the head of the answer. */
  readonly headMs: number = 10_000
  /** Without a byte that moves, in either direction. */
  readonly stallMs: number = 30_000
  /** For all of it. A client on a slow line may take his time for 10 MB. */
  readonly wholeMs: number = 5 * 60_000
}

/** One exchange with a service and the time that it may take. To be ended. */
export class Exchange {
  private readonly abort = new AbortController()
  private readonly whole: NodeJS.Timeout
  private pause: NodeJS.Timeout
  private late = false
  private ended = false
  readonly signal = this.abort.signal

  /** `hasBody`: there is something to send before an answer can be waited for. */
  constructor(
    private readonly patience: ProxyPatience,
    hasBody: boolean,
  ) {
    this.whole = this.after(patience.wholeMs)
    this.pause = this.after(hasBody ? patience.stallMs : patience.headMs)
  }

  /** It took too long, and not somebody else has ended it. */
  get isLate(): boolean {
    return this.late
  }

  /** What is sent, as it goes through: with a limit, after which the head of the answer is waited for. @throws XrpcError 413 */
  sending(maxBytes: number): Transform {
    return this.metered(
      maxBytes,
      () => new XrpcError(413, 'PayloadTooLarge', 'Request body is too large'),
      () => this.wait(this.patience.headMs),
    )
  }

  /** What is answered, as it goes through. One that is larger breaks off. */
  receiving(maxBytes: number): Transform {
    this.wait(this.patience.stallMs)
    return this.metered(
      maxBytes,
      () => new Error(`an answer of more than ${maxBytes} bytes`),
      () => this.end(),
    )
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    this.end()
    this.abort.abort()
  }

  /** There is nothing more to wait for. */
  end(): void {
    this.ended = true
    clearTimeout(this.whole)
    clearTimeout(this.pause)
  }

  private metered(maxBytes: number, tooMuch: () => Error, atEnd: () => void): Transform {
    let size = 0
    return new Transform({
      transform: (piece: Buffer, _encoding, done) => {
        size += piece.length
        if (!this.ended) this.pause.refresh()
        if (size > maxBytes) done(tooMuch())
        else done(null, piece)
      },
      flush: (done) => {
        atEnd()
        done()
      },
    })
  }

  private wait(ms: number): void {
    if (this.ended) return
    clearTimeout(this.pause)
    this.pause = this.after(ms)
  }

  private after(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.giveUp(), ms)
  }

  private giveUp(): void {
    this.late = true
    this.cancel()
  }
}
