/**
 * The calls of 2022 under their own names. Nearly each is a second route to the handler of today's method, so that
 * authentication, lexicon checks, limits and errors are that method's; only what comes in and goes out is rewritten.
 * The few that take several methods of today ask them in this process.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import type { Adapter, Call, Composite, Query, Server2022 } from './adapter.js'
import { ATPROTO_ADAPTERS } from './adapters-atproto.js'
import { BSKY_ADAPTERS } from './adapters-bsky.js'
import { COMPOSITES } from './composites.js'

const ADAPTERS = [...ATPROTO_ADAPTERS, ...BSKY_ADAPTERS]

/** Every method of 2022 that is answered: the documentation is checked against it. */
export function served2022(): string[] {
  return [...ADAPTERS, ...COMPOSITES].map(({ nsid }) => nsid).sort()
}

/** Gives every route of today that is registered from now on its routes of 2022. */
export function serve2022(fastify: FastifyInstance, server: Server2022): void {
  fastify.addHook('onRoute', (route) => {
    const { method } = route
    if (method !== 'GET' && method !== 'POST') return
    for (const adapter of ADAPTERS.filter(({ today }) => `/xrpc/${today}` === route.url))
      serve(fastify, adapter.nsid, method, { ...route, ...adapted(adapter, route.handler, server) })
  })
  for (const composite of COMPOSITES)
    serve(fastify, composite.nsid, composite.method, { handler: composed(composite, fastify) })
}

type Handler = RouteOptions['handler']

/** Registers a route, and its refusal of the other verb. */
function serve(
  fastify: FastifyInstance,
  nsid: string,
  method: string,
  route: Omit<RouteOptions, 'url' | 'method'>,
): void {
  const url = `/xrpc/${nsid}`
  fastify.route({ ...route, url, method })
  const handler: Handler = (request) => {
    throw invalidRequest(`Incorrect HTTP method (${request.method}) expected ${method}`)
  }
  fastify.route({ url, method: method === 'GET' ? 'POST' : 'GET', handler, exposeHeadRoute: false })
}

/** The query of a request as it was sent, while today's method sees another. */
const asSent = new WeakMap<FastifyRequest, Query>()

function adapted(adapter: Adapter, handler: Handler, server: Server2022): Pick<RouteOptions, 'handler' | 'onSend'> {
  return {
    async handler(request, reply) {
      const asked = request.query as Query
      const answer = adapter.shortcut?.(asked, server)
      if (answer) return answer
      if (adapter.query) request.query = await adapter.query(asked, server)
      if (adapter.input) request.body = adapter.input(request.body, asked)
      if (adapter.type) reply.type(adapter.type)
      asSent.set(request, asked)
      return handler.call(this, request, reply) as unknown
    },
    async onSend(request: FastifyRequest, reply: FastifyReply, payload: unknown) {
      const asked = asSent.get(request)
      // What is neither text nor bytes was no JSON: an empty answer, or the stream of a CAR.
      if (asked === undefined || !(typeof payload === 'string' || Buffer.isBuffer(payload))) return payload
      asSent.delete(request)
      return rewritten(adapter, payload.toString(), asked, server, reply)
    },
  }
}

async function rewritten(
  { errors, output }: Adapter,
  payload: string,
  asked: Query,
  server: Server2022,
  reply: FastifyReply,
): Promise<string> {
  reply.type('application/json; charset=utf-8')
  if (reply.statusCode >= 400) {
    const { error, message } = JSON.parse(payload) as { error: string; message: string }
    return JSON.stringify({ error: errors?.[error] ?? error, message })
  }
  if (!output) return payload
  const answer = await output(JSON.parse(payload) as never, asked, server)
  if (answer !== undefined) return JSON.stringify(answer)
  reply.removeHeader('content-type')
  return ''
}

function composed(composite: Composite, fastify: FastifyInstance): Handler {
  return ({ query, body, headers, ip }) =>
    composite.answer(
      { query: query as Query, body, authorization: headers.authorization },
      callsTo(fastify, ip, headers),
    )
}

/** Of a request whose sender need not be counted. */
const BYPASS = 'x-ratelimit-bypass'

/** What is asked for somebody comes from where he is, and counts as his. */
function callsTo(fastify: FastifyInstance, remoteAddress: string, sent: FastifyRequest['headers']): Call {
  const bypass = sent[BYPASS]
  return async (nsid, { query, body, authorization }) => {
    const { statusCode, payload } = await fastify.inject({
      method: body ? 'POST' : 'GET',
      url: `/xrpc/${nsid}`,
      query,
      payload: body,
      remoteAddress,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(bypass !== undefined && { [BYPASS]: bypass }),
      },
    })
    const answer = JSON.parse(payload) as { error: string; message: string }
    if (statusCode >= 400) throw new XrpcError(statusCode, answer.error, answer.message)
    return answer as never
  }
}
