import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { RepoError } from '../../repo-engine/index.js'
import { XrpcError } from './xrpc-error.js'

/** Official names of the statuses that the framework itself answers with. */
const NAMES: Record<number, string> = {
  400: 'InvalidRequest',
  401: 'AuthenticationRequired',
  403: 'Forbidden',
  404: 'NotFound',
  406: 'NotAcceptable',
  408: 'RequestTimeout',
  413: 'PayloadTooLarge',
  415: 'UnsupportedMediaType',
  429: 'RateLimitExceeded',
  501: 'MethodNotImplemented',
  503: 'NotEnoughResources',
}

/** The one place where an error becomes an answer: `{"error","message"}` and its status. */
@Catch()
export class XrpcErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Xrpc')

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    const reply = http.getResponse<FastifyReply>()
    const request = http.getRequest<FastifyRequest>()
    // Who has hung up gets no answer, and needs no line in the log.
    if (request.raw.socket.destroyed) return
    const error = toXrpcError(thrown)
    if (error !== thrown && error.status >= 500) {
      // The query may carry what nobody should read in a log.
      const call = `${request.method} ${request.url.split('?')[0]}`
      this.logger.error(`${call}: ${String((thrown as Error)?.message ?? thrown)}`, (thrown as Error)?.stack)
    }
    if (reply.raw.headersSent) {
      // Half an answer is out: cutting the connection is the only way to say so.
      reply.raw.destroy()
      return
    }
    if (error.headers) reply.headers(error.headers)
    void reply.status(error.status).type('application/json').send({ error: error.error, message: error.message })
  }
}

/** Errors of the framework and of the engine in the words of XRPC; anything unknown is a 500 that tells nothing. */
export function toXrpcError(thrown: unknown): XrpcError {
  if (thrown instanceof XrpcError) return thrown
  if (thrown instanceof RepoError) return new XrpcError(400, 'InvalidRequest', thrown.message)
  const status = statusOf(thrown)
  if (status === 404 && thrown instanceof HttpException) return new XrpcError(404, 'NotFound', thrown.message)
  if (status >= 400 && status < 500)
    return new XrpcError(status, NAMES[status] ?? 'InvalidRequest', (thrown as Error).message)
  return new XrpcError(500, 'InternalServerError', 'Internal Server Error')
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus()
  const { statusCode } = (thrown ?? {}) as { statusCode?: unknown }
  return typeof statusCode === 'number' ? statusCode : 500
}
