import type { Socket } from 'node:net'
import { Injectable } from '@nestjs/common'
import { Histogram, SECONDS } from '../config/histogram.js'

/** What has come of the requests of one method. */
export interface MethodCounts {
  /** By HTTP status, or `aborted` where the client hung up first. */
  readonly statuses: Map<string, number>
  /** From the head of the request to the last byte of the answer. */
  readonly seconds: Histogram
  /** What went over the connection for them, heads included. */
  bytesIn: number
  bytesOut: number
}

/** A request that is over. */
export interface EndedRequest {
  method: string
  status: string
  ms: number
  /** What went over the connection for it. */
  bytesIn: number
  bytesOut: number
}

/** How many requests there were of each method, and what came of them; since the start. */
@Injectable()
export class RequestCounts {
  readonly methods = new Map<string, MethodCounts>()
  inFlight = 0
  /** What each connection has carried for requests that are over. */
  private readonly carried = new WeakMap<Socket, { bytesIn: number; bytesOut: number }>()

  /** Who waits for the last one to be over. */
  private whenIdle: (() => void) | undefined

  /** Resolves when no request is under way, or when so many milliseconds have passed. */
  async idle(patienceMs: number): Promise<void> {
    if (this.inFlight === 0) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs)
      this.whenIdle = resolve
    })
    clearTimeout(timer)
  }

  /** Counts a request that began at a moment of `performance.now`, and gives what it was. */
  end(method: string, status: string, begunAt: number, socket: Socket): EndedRequest {
    this.inFlight--
    if (this.inFlight === 0) this.whenIdle?.()
    const ms = performance.now() - begunAt
    const carried = this.carriedSince(socket)
    const counts = this.of(method)
    counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + 1)
    counts.seconds.add(ms / 1000)
    counts.bytesIn += carried.bytesIn
    counts.bytesOut += carried.bytesOut
    return { method, status, ms, ...carried }
  }

  /** Requests of one connection come one after another: what it has carried since the one before is this one's. */
  private carriedSince(socket: Socket): { bytesIn: number; bytesOut: number } {
    const { bytesRead, bytesWritten } = socket
    // A call that this process makes to itself has no connection.
    if (bytesWritten === undefined) return { bytesIn: 0, bytesOut: 0 }
    const before = this.carried.get(socket)
    const since = {
      bytesIn: bytesRead - (before?.bytesIn ?? 0),
      bytesOut: bytesWritten - (before?.bytesOut ?? 0),
    }
    if (before) {
      before.bytesIn = bytesRead
      before.bytesOut = bytesWritten
    } else this.carried.set(socket, { bytesIn: bytesRead, bytesOut: bytesWritten })
    return since
  }

  private of(method: string): MethodCounts {
    let counts = this.methods.get(method)
    if (!counts)
      this.methods.set(
        method,
        (counts = { statuses: new Map(), seconds: new Histogram(SECONDS), bytesIn: 0, bytesOut: 0 }),
      )
    return counts
  }
}
