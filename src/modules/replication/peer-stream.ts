import type { LookupFunction } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'

/** What one event may take on the wire. */
const MAX_FRAME_BYTES = 5_000_000
const HANDSHAKE_MS = 10_000
/** What has come and is not taken yet; beyond this the other end has to wait. */
const MAX_WAITING_BYTES = 2 * MAX_FRAME_BYTES
const MAX_WAITING = 2_000

/** The stream of a followed host has ended, or has not begun. */
export class StreamEnded extends Error {}

export interface StreamOptions {
  /** Finds the addresses that may be connected to. */
  lookup: LookupFunction
  /** Events a second that are taken; null: as many as come. */
  maxRate: number | null
  /** After so long without a message somebody is asked whether he is there; after as long again he is not. */
  silenceMs: number
  signal: AbortSignal
  onOpen?: () => void
}

/**
 * The messages of a WebSocket, as many at a time as have come. Whoever takes them slowly slows the other end down: what
 * waits here is bounded. Messages that are too large end the stream, and so does silence, also one in the middle of a message.
 * @throws StreamEnded always: a stream that is followed has no good end
 */
export async function* streamOf(url: string, options: StreamOptions): AsyncGenerator<Buffer[], never> {
  const { lookup, maxRate, silenceMs, signal } = options
  const webSocket = new WebSocket(url, {
    lookup,
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
  } as ConstructorParameters<typeof WebSocket>[2])
  let waiting: Buffer[] = []
  let bytes = 0
  let ended: string | null = null
  let wake = (): void => undefined
  const end = (why: string): void => {
    ended ??= why
    wake()
  }
  const stop = (): void => webSocket.terminate()
  let asked = false
  const watch = setInterval(() => {
    if (asked) {
      end('nothing has come for a while')
      webSocket.terminate()
    } else if (webSocket.readyState === WebSocket.OPEN && !webSocket.isPaused) {
      asked = true
      webSocket.ping()
    }
  }, silenceMs)
  webSocket
    .on('open', () => options.onOpen?.())
    .on('pong', () => (asked = false))
    .on('error', (error) => end(error.message))
    .on('close', (code, reason) => end(`closed with ${code}${reason.length > 0 ? `: ${reason.toString()}` : ''}`))
    .on('message', (data: Buffer, isBinary: boolean) => {
      asked = false
      if (!isBinary) return
      // A view keeps all of what it came in, however little of that it is.
      waiting.push(data.length * 2 < data.buffer.byteLength ? Buffer.from(data) : data)
      bytes += data.length
      if (bytes > MAX_WAITING_BYTES || waiting.length > MAX_WAITING) webSocket.pause()
      wake()
    })
  signal.addEventListener('abort', stop)
  try {
    for (;;) {
      if (signal.aborted) throw new StreamEnded('nobody follows any more')
      if (waiting.length === 0) {
        if (ended !== null) throw new StreamEnded(ended)
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      const some = maxRate === null ? waiting : waiting.slice(0, Math.max(1, Math.ceil(maxRate / RATED_A_SECOND)))
      waiting = waiting.slice(some.length)
      bytes = waiting.reduce((sum, { length }) => sum + length, 0)
      if (webSocket.isPaused && bytes <= MAX_WAITING_BYTES / 2 && waiting.length <= MAX_WAITING / 2) webSocket.resume()
      yield some
      if (maxRate !== null) await delay(1000 * (some.length / maxRate), undefined, { signal }).catch(() => undefined)
    }
  } finally {
    clearInterval(watch)
    signal.removeEventListener('abort', stop)
    webSocket.terminate()
  }
}

/** How often a second events are taken from a stream whose rate is bounded. */
const RATED_A_SECOND = 10
