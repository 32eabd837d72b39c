/** How bodies come in: JSON is read and parsed within limits, every other body is handed on as the stream it is. */
import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { XrpcError } from './xrpc-error.js'

/** Largest JSON body, in bytes: 200 writes of a full commit, as JSON. */
const MAX_JSON_BYTES = 4 * 1024 * 1024
/** A client that takes longer than this to send one is cut off. */
const JSON_TIMEOUT_MS = 60_000
/** Where methods end up that no controller answers: what is sent to them is for others to read. */
export const UNSERVED = '/xrpc/*'
/** Configuration of a route that gets its body as a stream, whatever type it has, JSON included. */
export const STREAMED = { isStreamed: true }
/** Of an answer that is given while the rest of a request may still come. */
const CLOSE = { connection: 'close' }

/** Teaches a server to read bodies. Those with a Content-Encoding are refused, because what they unfold to is not known. */
export function parseBodies(fastify: FastifyInstance, jsonTimeoutMs = JSON_TIMEOUT_MS): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const encoding = request.headers['content-encoding']
    if (encoding === undefined || encoding === 'identity' || isUnserved(request)) return done()
    // RFC 9110, section 12.5.3.
    done(new XrpcError(415, 'UnsupportedMediaType', 'Bodies are taken unencoded', { 'accept-encoding': 'identity' }))
  })
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('application/json', (request, payload, done) => {
    if (isUnserved(request) || isStreamed(request)) done(null, payload)
    else readJson(request, payload, jsonTimeoutMs, done)
  })
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}

function isUnserved(request: FastifyRequest): boolean {
  return request.routeOptions.url === UNSERVED
}

function isStreamed(request: FastifyRequest): boolean {
  return (request.routeOptions.config as Partial<typeof STREAMED>).isStreamed === true
}

type Done = (error: Error | null, value?: unknown) => void

/** Gives the value of a JSON body, or XrpcError 400, 408, 413. Callbacks, because this is on the way of every write. */
function readJson({ headers }: FastifyRequest, payload: Readable, timeoutMs: number, done: Done): void {
  if (Number(headers['content-length']) > MAX_JSON_BYTES) return done(tooLarge())
  const pieces: Buffer[] = []
  let size = 0
  let ended = false
  const end = (error: Error | null): void => {
    if (ended) return
    ended = true
    clearTimeout(timer)
    if (error) done(error)
    else parseJson(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size), done)
  }
  const timer = setTimeout(
    () => end(new XrpcError(408, 'RequestTimeout', 'Request body took too long', CLOSE)),
    timeoutMs,
  )
  payload
    .on('data', (piece: Buffer) => {
      // What comes after the end is dropped.
      if (ended) return
      size += piece.length
      if (size > MAX_JSON_BYTES) end(tooLarge())
      else pieces.push(piece)
    })
    .on('end', () => end(null))
    .on('error', end)
    // An error is costly to make, and every request closes.
    .on('close', () => void (ended || end(new XrpcError(400, 'InvalidRequest', 'Request body was cut off'))))
}

function parseJson(body: Buffer, done: Done): void {
  let value: unknown
  try {
    // `__proto__` in JSON is an ordinary own property; the engine and the lexicons treat it so.
    if (body.length > 0) value = JSON.parse(body.toString('utf8'))
  } catch {
    return done(new XrpcError(400, 'InvalidRequest', 'Request body is not JSON'))
  }
  done(null, value)
}

function tooLarge(): XrpcError {
  return new XrpcError(413, 'PayloadTooLarge', 'Request body is too large', CLOSE)
}
