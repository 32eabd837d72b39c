import type { IncomingMessage } from 'node:http'
import { FetchError } from '../identity/safe-fetch.js'
import { XrpcError } from '../xrpc/xrpc-error.js'

export interface TimeLimits {
  /** Longest wait for the answer to begin, and from then on for its next bytes. */
  stallMs: number
  /** For all of it. */
  totalMs: number
}

/**
 * The bytes of an answer as they come, within limits of time. `open` makes the request, with the signal that ends it. The
 * connection is given up when the caller stops reading, or `stop` says so. @throws FetchError, or what `open` does.
 */
export async function* download(
  open: (signal: AbortSignal) => Promise<IncomingMessage>,
  { stallMs, totalMs }: TimeLimits,
  stop: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stalled = new AbortController()
  const stall = setTimeout(() => stalled.abort(), stallMs)
  const total = AbortSignal.timeout(totalMs)
  try {
    const response = await open(AbortSignal.any([stalled.signal, total, stop]))
    for await (const bytes of response as AsyncIterable<Buffer>) {
      stall.refresh()
      yield bytes
    }
  } catch (error) {
    if (stalled.signal.aborted) throw new FetchError(`nothing came for ${stallMs} ms`)
    if (total.aborted) throw new FetchError(`no full answer within ${totalMs} ms`)
    throw error instanceof XrpcError || error instanceof FetchError ? error : new FetchError(String(error))
  } finally {
    clearTimeout(stall)
  }
}
