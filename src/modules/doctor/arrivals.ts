import { randomBytes } from 'node:crypto'
import { Injectable } from '@nestjs/common'

/** A request as it got here. */
export interface Arrival {
  /** The address that is connected: the proxy's, where there is one. */
  connected: string
  /** What is said of whom it comes from; null where nothing is. */
  forwardedFor: string | null
  /** Bytes of its body. */
  bytes: number
}

/** A request that is on its way. */
export interface Awaited {
  /** What tells it from all others. */
  token: string
  /** Null until it has got here. */
  arrival: Arrival | null
  /** Nobody waits for it any more. */
  forget(): void
}

/**
 * Requests that this server has sent to itself by its public name, to see what becomes of them on the way. What has not been
 * sent is known by nobody, so whoever else calls is told nothing.
 */
@Injectable()
export class Arrivals {
  private readonly awaited = new Map<string, Awaited>()

  /** Begins to wait for a request. */
  expect(): Awaited {
    const token = randomBytes(16).toString('hex')
    const awaited: Awaited = { token, arrival: null, forget: () => void this.awaited.delete(token) }
    this.awaited.set(token, awaited)
    return awaited
  }

  isExpected(token: string): boolean {
    return this.awaited.has(token)
  }

  /** Notes that a request has got here. */
  note(token: string, arrival: Arrival): void {
    const awaited = this.awaited.get(token)
    if (awaited) awaited.arrival = arrival
  }
}
