import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { framed } from './web-socket-frame.js'

/** A subscriber that takes nothing for so long is given up. */
const STALL_MS = 30_000
/** After this long, one that was told good-bye is cut off. */
const CLOSE_MS = 3_000
/** What a close frame has room for (RFC 6455, section 5.5), less what a character that is cut through may grow by. */
const REASON_BYTES = 120

/** The subscriber does not read what it is sent. */
export class Stalled extends Error {}

/** Close codes of RFC 6455, section 7.4.1. */
export const CLOSE = { goingAway: 1001, policy: 1008, internal: 1011 } as const

/**
 * Somebody at the other end of a WebSocket. Whole frames are written to the socket itself, between those of the library,
 * which sees to the handshake, pings and the end: the same bytes go to everybody, unmasked, uncompressed, copied by nobody.
 */
export class Subscriber {
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>
  /** Up to which number of its log everything is sent; null before it has begun. Told by whoever serves it. */
  position: number | null = null
  /** When it came, on the clock that only runs forward (`performance.now`). */
  readonly since = performance.now()
  /** Bytes that it was sent. */
  sent = 0
  private readonly over = new AbortController()
  private answered = true

  constructor(
    private readonly webSocket: WebSocket,
    private readonly socket: Socket,
    /** Of the other end. */
    readonly network: string,
    /** Where it has connected. */
    readonly path = '/',
  ) {
    socket.setNoDelay(true)
    // The library has said good-bye to one who breaks the protocol, or has no line to say it on.
    webSocket.on('error', () => this.expire())
    webSocket.on('pong', () => (this.answered = true))
    this.closed = new Promise((resolve) =>
      webSocket.on('close', () => {
        this.over.abort()
        resolve()
      }),
    )
  }

  /** Aborts when nothing more is to be sent: the connection has ended, or good-bye has been said. */
  get signal(): AbortSignal {
    return this.over.signal
  }

  /** Calls `take` with every text message that comes. */
  onText(take: (text: string) => void): void {
    this.webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) take(data.toString())
    })
  }

  /**
   * Sends whole frames. Resolves when the other end has taken enough for more to be sent, or when nothing more is to be
   * sent. @throws Stalled when it does not take them.
   */
  async send(frames: Buffer): Promise<void> {
    if (frames.length === 0 || this.signal.aborted) return
    // Nothing may come behind the good-bye that answers the other end's.
    if (this.webSocket.readyState !== WebSocket.OPEN) return this.expire()
    this.sent += frames.length
    if (!this.socket.write(frames)) await this.drained()
  }

  /** Says one last thing, if there is one, and good-bye. What was sent before still arrives. */
  end(code: number, reason: string, last?: Uint8Array): void {
    if (this.signal.aborted) return
    if (last && this.webSocket.readyState === WebSocket.OPEN) this.socket.write(framed('binary', last))
    this.webSocket.close(code, Buffer.from(reason).subarray(0, REASON_BYTES).toString())
    this.expire()
  }

  /** Ends the connection at once. */
  cut(): void {
    this.webSocket.terminate()
  }

  /** Asks whether somebody is still there; ends the connection when the last time nobody answered. */
  ping(): void {
    if (!this.answered) return this.cut()
    // One whose line is full answers when it gets there; whether it ever does is for `send` to see.
    if (this.socket.writableLength > 0) return
    this.answered = false
    this.webSocket.ping()
  }

  /** Sends nothing any more, and waits for the end only so long. */
  private expire(): void {
    if (this.signal.aborted) return
    this.over.abort()
    const late = setTimeout(() => this.cut(), CLOSE_MS)
    void this.closed.then(() => clearTimeout(late))
  }

  private drained(): Promise<void> {
    const { socket, signal } = this
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(stall)
        socket.off('drain', onDrain)
        signal.removeEventListener('abort', onDrain)
        if (error) reject(error)
        else resolve()
      }
      const onDrain = (): void => settle()
      const stall = setTimeout(() => settle(new Stalled()), STALL_MS)
      socket.on('drain', onDrain)
      signal.addEventListener('abort', onDrain)
    })
  }
}
