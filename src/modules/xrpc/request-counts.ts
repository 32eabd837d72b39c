import type { Socket } from 'node:net'
import { Injectable } from '@nestjs/common'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Histogram, SECONDS } from '../config/histogram.js'
import { UNSERVED } from './bodies.js'

const XRPC = '/xrpc/'
/** What is asked for that nothing here answers: methods that are passed on, and paths that nothing is at. */
export const OTHER = 'other'
/** Instead of a status: the client hung up before it had its answer. */
export const ABORTED = 'aborted'

/** What has come of the requests of one method. */
export interface MethodCounts {
  /** By status, or {@link ABORTED}. */
  readonly statuses: Map<string, number>
  /** From the head of the request to the last byte of the answer. */
  readonly seconds: Histogram
  /** What went over the connection for them, heads included. */
  bytesIn: number
  bytesOut: number
}

/**
 * How many requests there were of each method, and what came of them. A method is an NSID that is answered here, or the
 * pattern of another route: the router's own words, of which no client can make more.
 */
@Injectable()
export class RequestCounts {
  readonly methods = new Map<string, MethodCounts>()
  inFlight = 0
  /** What each connection has carried for requests that are over. */
  private readonly carried = new WeakMap<Socket, { in: number; out: number }>()

  /** Counts every request of a server from now on; to be called before anything else looks at them. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      this.begin(request, reply)
      done()
    })
  }

  private begin(request: FastifyRequest, reply: FastifyReply): void {
    const { socket } = request.raw
    const start = performance.now()
    this.inFlight++
    reply.raw.once('close', () => {
      this.inFlight--
      const counts = this.of(methodOf(request))
      const status = reply.raw.writableFinished ? String(reply.raw.statusCode) : ABORTED
      counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + 1)
      counts.seconds.add((performance.now() - start) / 1000)
      this.carry(socket, counts)
    })
  }

  /** Requests of one connection come one after another: what it has carried since the one before is this one's. */
  private carry(socket: Socket, counts: MethodCounts): void {
    const { bytesRead, bytesWritten } = socket
    // A call that this process makes to itself has no connection.
    if (bytesWritten === undefined) return
    let carried = this.carried.get(socket)
    if (!carried) this.carried.set(socket, (carried = { in: 0, out: 0 }))
    counts.bytesIn += bytesRead - carried.in
    counts.bytesOut += bytesWritten - carried.out
    carried.in = bytesRead
    carried.out = bytesWritten
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

/** What a request is counted as. */
export function methodOf({ routeOptions: { url } }: FastifyRequest): string {
  if (url === undefined || url === UNSERVED || url === '*') return OTHER
  return url.startsWith(XRPC) ? url.slice(XRPC.length) : url
}
