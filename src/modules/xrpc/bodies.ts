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
    else readJson(request, payload, jsonTimeoutMs).then((value) => done(null, value), done)
  })
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}

function isUnserved(request: FastifyRequest): boolean {
  return request.routeOptions.url === UNSERVED
}

function isStreamed(request: FastifyRequest): boolean {
  return (request.routeOptions.config as Partial<typeof STREAMED>).isStreamed === true
}

/** @throws XrpcError 400, 408, 413; the source's own error when it breaks off. */
async function readJson({ headers }: FastifyRequest, payload: Readable, timeoutMs: number): Promise<unknown> {
  if (Number(headers['content-length']) > MAX_JSON_BYTES) throw tooLarge()
  const body = await readAll(payload, timeoutMs)
  if (body.length === 0) return undefined
  try {
    // `__proto__` in JSON is an ordinary own property; the engine and the lexicons treat it so.
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new XrpcError(400, 'InvalidRequest', 'Request body is not JSON')
  }
}

function readAll(source: Readable, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    const end = (finish: () => void): void => {
      clearTimeout(timer)
      source.off('data', take).off('end', finished).off('error', failed).off('close', closed)
      finish()
    }
    const take = (piece: Buffer): void => {
      size += piece.length
      if (size > MAX_JSON_BYTES) end(() => reject(tooLarge()))
      else pieces.push(piece)
    }
    const finished = (): void => end(() => resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size)))
    const failed = (error: Error): void => end(() => reject(error))
    const closed = (): void => end(() => reject(new XrpcError(400, 'InvalidRequest', 'Request body was cut off')))
    const late = (): void =>
      end(() => reject(new XrpcError(408, 'RequestTimeout', 'Request body took too long', CLOSE)))
    const timer = setTimeout(late, timeoutMs)
    source.on('data', take).on('end', finished).on('error', failed).on('close', closed)
  })
}

function tooLarge(): XrpcError {
  return new XrpcError(413, 'PayloadTooLarge', 'Request body is too large', CLOSE)
}
