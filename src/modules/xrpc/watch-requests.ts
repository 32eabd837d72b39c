import type { IncomingMessage } from 'node:http'
import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AddressList } from '../config/address-list.js'
import { type Scope, within } from '../log/scope.js'
import type { ServerLogger } from '../log/server-logger.js'
import { UNSERVED } from './bodies.js'
import { beginRequest, endRequest } from '../tracing/spans.js'
import type { RequestCounts } from './request-counts.js'

const XRPC = '/xrpc/'
/** What is asked for that nothing here answers: methods that are passed on, and paths that nothing is at. */
const OTHER = 'other'
/** Instead of a status: the client hung up before it had its answer. */
const ABORTED = 'aborted'
const REQUEST_ID = 'x-request-id'
/** What may be in a log line of somebody else's making. */
const SANE_ID = /^[\w.~:-]{1,64}$/

/** A request, and what is done for it. */
interface WatchedRequest extends FastifyRequest {
  scope: Scope
  /** Who is signed in, as a guard has found out. */
  viewer?: { did: string }
}

/**
 * Gives each request its id: the one that a proxy says (`x-request-id`) where it is one that is trusted and the id is sane,
 * else one that no other request of this server has.
 */
export function requestIds(proxies: AddressList): (request: IncomingMessage) => string {
  const start = randomBytes(6).toString('base64url')
  let count = 0
  return ({ headers, socket }) => {
    const given = headers[REQUEST_ID]
    if (typeof given === 'string' && SANE_ID.test(given) && proxies.has(socket.remoteAddress ?? '')) return given
    return `${start}-${(++count).toString(36)}`
  }
}

/**
 * Counts and logs every request of a server from now on, and has whatever is done for one know which it is. To be called
 * before anything else looks at requests.
 */
export function watchRequests(
  fastify: FastifyInstance,
  counts: RequestCounts,
  logger: ServerLogger,
  proxies: AddressList,
): void {
  fastify.decorateRequest('scope', null)
  fastify.addHook('onRequest', (request, reply, done) => {
    const scope = { requestId: request.id, span: spanOf(request, proxies) }
    ;(request as WatchedRequest).scope = scope
    reply.header(REQUEST_ID, request.id)
    watch(request as WatchedRequest, reply, counts, logger)
    within(scope, done)
  })
  // What has read a body has been called by the connection, which knows of no request.
  fastify.addHook('preValidation', (request, _reply, done) => {
    if (request.method === 'GET') done()
    else within((request as WatchedRequest).scope, done)
  })
}

function watch(request: WatchedRequest, reply: FastifyReply, counts: RequestCounts, logger: ServerLogger): void {
  const begunAt = performance.now()
  const { socket } = request.raw
  counts.inFlight++
  reply.raw.once('close', () => {
    const status = reply.raw.writableFinished ? String(reply.raw.statusCode) : ABORTED
    const { method, ms, bytesOut } = counts.end(methodOf(request), status, begunAt, socket)
    const { id, viewer, scope } = request
    endRequest(scope.span, status, viewer?.did)
    if (!logger.writesRequests) return
    logger.request({
      requestId: id,
      method,
      verb: request.method,
      status,
      ms: Math.round(ms * 10) / 10,
      bytes: bytesOut,
      did: viewer?.did,
    })
  })
}

function spanOf(request: FastifyRequest, proxies: AddressList): Scope['span'] {
  const { method, url, id, raw } = request
  const { traceparent } = request.headers
  const isTrusted = traceparent !== undefined && proxies.has(raw.socket.remoteAddress ?? '')
  return beginRequest({
    method,
    route: routeOf(request),
    path: url.split('?', 1)[0]!,
    requestId: id,
    traceparent: isTrusted ? String(traceparent) : undefined,
  })
}

/** An NSID that is answered here, or the pattern of another route: the router's own words, of which no client makes more. */
function methodOf(request: FastifyRequest): string {
  const route = routeOf(request)
  if (route === undefined) return OTHER
  return route.startsWith(XRPC) ? route.slice(XRPC.length) : route
}

/** The pattern of the route that a request has; undefined for what only catches all that has none. */
function routeOf({ routeOptions: { url } }: FastifyRequest): string | undefined {
  return url === UNSERVED || url === '*' ? undefined : url
}
