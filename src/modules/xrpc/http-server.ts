import type { IncomingMessage } from 'node:http'
import type { DynamicModule, LogLevel } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance } from 'fastify'
import { serve2022 } from '../api-2022/serve-2022.js'
import { Config } from '../config/config.js'
import { ServerLogger } from '../config/server-logger.js'
import { Database } from '../database/database.js'

/** Configuration of a route that gets its body as a stream, whatever type it has, JSON included. */
export const STREAMED = { isStreamed: true }

/** Largest JSON body, in bytes: 200 writes of a full commit, as JSON. */
const MAX_JSON_BYTES = 4 * 1024 * 1024
/** A client that takes longer than this to send its headers is cut off. */
const HEADERS_TIMEOUT_MS = 20_000
const KEEP_ALIVE_MS = 75_000

/** Makes the HTTP server around a module: bodies, CORS, and limits that hold before any handler runs. Not listening yet. */
export async function createHttpApp(module: DynamicModule, logLevels?: LogLevel[]): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_JSON_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: true,
    // Some clients offer HTTP/2 with every request; whoever takes no such offer answers as if there were none.
    http: { shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket' },
    // Nothing here is a middleware; its engine would run for every request all the same.
    skipMiddie: true,
    routerOptions: { maxParamLength: 1024 },
  })
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    abortOnError: false,
    // What keeps a server from starting is told once, by who starts it.
    logger: false,
  })
  app.useLogger(logLevels ?? new ServerLogger())
  const fastify = adapter.getInstance() as unknown as FastifyInstance
  fastify.server.headersTimeout = HEADERS_TIMEOUT_MS
  parseBodies(fastify)
  allowEveryOrigin(fastify)
  const database = app.get(Database, { strict: false })
  const { serviceDid } = app.get(Config, { strict: false })
  serve2022(fastify, { did: serviceDid, database })
  app.enableShutdownHooks()
  return app
}

/** JSON is parsed; every other body is handed on as the stream it is. */
function parseBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('application/json', (request, payload, done) => {
    if ((request.routeOptions.config as Partial<typeof STREAMED>).isStreamed) return done(null, payload)
    gather(payload, Number(request.headers['content-length']), (error, body) => {
      if (error) return done(error)
      try {
        done(null, parseJson(body))
      } catch (problem) {
        done(problem as Error)
      }
    })
  })
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}

/** All of a body, within the limit of JSON. */
function gather(payload: IncomingMessage, length: number, done: (error: Error | null, body: Buffer) => void): void {
  const pieces: Buffer[] = []
  let size = 0
  const end = (error: Error | null): void => {
    payload.off('data', onData).off('end', onEnd).off('error', end)
    done(error && Object.assign(error, { statusCode: statusOf(error) }), error ? NOTHING : Buffer.concat(pieces, size))
  }
  const onEnd = (): void => end(null)
  const onData = (piece: Buffer): void => {
    size += piece.length
    if (size > MAX_JSON_BYTES) end(tooLarge())
    else pieces.push(piece)
  }
  if (length > MAX_JSON_BYTES) return done(tooLarge(), NOTHING)
  payload.on('data', onData).on('end', onEnd).on('error', end)
}

const NOTHING = Buffer.alloc(0)

function tooLarge(): Error {
  return Object.assign(new Error('Request body is too large'), { statusCode: 413 })
}

function statusOf({ statusCode = 400 }: Error & { statusCode?: number }): number {
  return statusCode
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined
  try {
    // `__proto__` in JSON is an ordinary own property; the engine and the lexicons treat it so.
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw Object.assign(new Error('Request body is not JSON'), { statusCode: 400 })
  }
}

/** atproto clients run in browsers, on any site (https://atproto.com/specs/xrpc#cors). */
function allowEveryOrigin(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('access-control-allow-origin', '*')
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
