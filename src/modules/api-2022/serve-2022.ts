/**
 * The calls of 2022 under their own names. Each is a second route to the handler of today's method, so that
 * authentication, lexicon checks, limits and errors are that method's; only what comes in and goes out is rewritten.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import type { Adapter, Json, Query, Server2022 } from './adapter.js'
import { ADAPTERS } from './adapters.js'

/** Every method of 2022 that is answered: the documentation is checked against it. */
export function served2022(): string[] {
  return ADAPTERS.map(({ nsid }) => nsid).sort()
}

/** Gives every route of today that is registered from now on its routes of 2022. */
export function serve2022(fastify: FastifyInstance, server: Server2022): void {
  fastify.addHook('onRoute', (route) => {
    if (route.method !== 'GET' && route.method !== 'POST') return
    for (const adapter of ADAPTERS.filter(({ today }) => `/xrpc/${today}` === route.url)) {
      const url = `/xrpc/${adapter.nsid}`
      fastify.route({ ...route, url, handler: adapted(adapter, route.handler, server) })
      fastify.route({
        method: route.method === 'GET' ? 'POST' : 'GET',
        url,
        handler: wrongMethod(route.method),
        exposeHeadRoute: false,
      })
    }
  })
}

type Handler = RouteOptions['handler']

function adapted(adapter: Adapter, handler: Handler, server: Server2022): Handler {
  return async function (request: FastifyRequest, reply: FastifyReply) {
    const asked = request.query as Query
    const answer = adapter.shortcut?.(asked, server)
    if (answer) return answer
    if (adapter.query) request.query = await adapter.query(asked, server)
    if (adapter.input) request.body = adapter.input(request.body, asked)
    if (adapter.type) reply.type(adapter.type)
    reply.serializer((payload: Json) => serialize(adapter, payload, asked, reply))
    return handler.call(this, request, reply) as unknown
  }
}

function serialize({ errors, output }: Adapter, payload: Json, asked: Query, reply: FastifyReply): string {
  reply.type('application/json; charset=utf-8')
  if (reply.statusCode >= 400)
    return JSON.stringify({ ...payload, error: errors?.[payload.error as string] ?? payload.error })
  const answer = output ? output(payload, asked) : payload
  if (answer !== undefined) return JSON.stringify(answer)
  reply.removeHeader('content-type')
  return ''
}

function wrongMethod(expected: string): Handler {
  return (request) => {
    throw invalidRequest(`Incorrect HTTP method (${request.method}) expected ${expected}`)
  }
}
