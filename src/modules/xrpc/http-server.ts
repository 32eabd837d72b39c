import type { DynamicModule } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance } from 'fastify'
import { serve2022 } from '../api-2022/serve-2022.js'
import { AddressList } from '../config/address-list.js'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { ServerLogger } from '../log/server-logger.js'
import { parseBodies } from './bodies.js'
import { RequestCounts } from './request-counts.js'
import { requestIds, watchRequests } from './watch-requests.js'

/** A client that takes longer than this to send its headers is cut off. */
const HEADERS_TIMEOUT_MS = 20_000
/** And for all of a request, of which a whole repository may be the body. */
const REQUEST_TIMEOUT_MS = 30 * 60_000
const KEEP_ALIVE_MS = 75_000
/** For what is under way when the server stops: in this time it is still answered, and new requests get 503. */
const LAST_ANSWERS_MS = { lasting: 5_000, throwAway: 1_000 }
/**
 * What asks the server to end. Not what tells of a crash (SIGSEGV and its like): whoever listens to one of these goes on for ever in
 * the broken state, where the end of the process would have it started again.
 */
const STOPS: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP']
/** What a browser lets a client read of an answer. */
const EXPOSED = [
  ...['atproto-repo-rev', 'atproto-content-labelers', 'retry-after', 'x-request-id'],
  ...['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'ratelimit-policy'],
].join(', ')

/** Makes the HTTP server around a module: bodies, CORS, and limits that hold before any handler runs. Not listening yet. */
export async function createHttpApp(
  module: DynamicModule,
  { trustedProxies, throwAway, log }: Pick<Config, 'trustedProxies' | 'throwAway' | 'log'>,
): Promise<NestFastifyApplication> {
  const proxies = new AddressList(trustedProxies)
  const logger = await ServerLogger.open(log)
  const adapter = new FastifyAdapter({
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Of what these say, the address of the client is believed, what they call a request, and nothing else.
    trustProxy: trustedProxies.length > 0 && ((address: string) => proxies.has(address)),
    genReqId: requestIds(proxies),
    forceCloseConnections: true,
    // Some clients offer HTTP/2 with every request; whoever takes no such offer answers as if there were none.
    http: { shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket' },
    // Nothing here is a middleware; its engine would run for every request all the same.
    skipMiddie: true,
    routerOptions: { maxParamLength: 1024 },
    // Lexicons check what comes in. Without these two Fastify loads what compiles JSON schemas, of which no route here has one.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  })
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    abortOnError: false,
    // What keeps a server from starting is told once, by who starts it.
    logger: false,
  })
  app.useLogger(logger)
  const fastify = adapter.getInstance() as unknown as FastifyInstance
  fastify.server.headersTimeout = HEADERS_TIMEOUT_MS
  const requests = app.get(RequestCounts, { strict: false })
  watchRequests(fastify, requests, logger, proxies)
  fastify.addHook('preClose', () => requests.idle(LAST_ANSWERS_MS[throwAway ? 'throwAway' : 'lasting']))
  parseBodies(fastify)
  allowEveryOrigin(fastify)
  const database = app.get(Database, { strict: false })
  const { serviceDid } = app.get(Config, { strict: false })
  serve2022(fastify, { did: serviceDid, database })
  if (!throwAway) app.enableShutdownHooks(STOPS, { useProcessExit: true })
  return app
}

function noSchemas(): never {
  throw new Error('routes have no JSON schemas here')
}

/** atproto clients run in browsers, on any site (https://atproto.com/specs/xrpc#cors). */
function allowEveryOrigin(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers({ 'access-control-allow-origin': '*', 'access-control-expose-headers': EXPOSED })
    if (request.method !== 'OPTIONS') return done()
    reply
      .headers({
        'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE',
        'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
        'access-control-max-age': '86400',
      })
      .status(204)
      .send()
  })
}
