import type { IncomingMessage } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { Injectable, StreamableFile } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { AuthenticatedRequest } from '../auth/viewer.js'
import { Config } from '../config/config.js'
import { SafeFetch } from '../identity/safe-fetch.js'
import { networkOf } from '../rate-limit/network.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { CallHeaders, passedBack, picked } from './call-headers.js'
import { Exchange, ProxyPatience } from './exchange.js'
import type { Service } from './service.js'
import { errorOf, unreachable } from './upstream-error.js'

const MAX_ANSWER_BYTES = 10 * 1024 * 1024
const MAX_ERROR_BYTES = 64 * 1024
/** Calls that may be under way for one account; those who are nobody are told apart by their network. */
const MAX_AT_ONCE = 50
const METHODS = ['GET', 'HEAD', 'POST'] as const
/** Of the client's request, what says how its body is to be read. */
const OF_BODY = ['content-type', 'content-encoding', 'content-length']
/** Of the answer, what says how its body is to be read. */
const OF_ANSWER = ['content-encoding', 'content-length']
/** What is passed on comes from this server's own origin, and must not become a page of it. */
const NO_PAGE = { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox" }

/** Passes calls on as they are, and their answers back, a piece at a time: neither is ever here in full. */
@Injectable()
export class PassThrough {
  private readonly running = new Map<string, number>()

  constructor(
    private readonly fetch: SafeFetch,
    private readonly outgoing: CallHeaders,
    private readonly config: Config,
    private readonly patience: ProxyPatience,
  ) {}

  /**
   * The answer of a service to a request for the method `nsid`, and its status and headers put on the reply. Both go on for 5
   * minutes at most and stop at 30 s of nothing; the head of the answer comes within 10 s; an answer has 10 MB, a body
   * as much as a blob may have.
   * @throws XrpcError 400 InvalidRequest for other verbs and a call in circles; 413 PayloadTooLarge; 429
   * RateLimitExceeded for more than 50 at once; 502 UpstreamFailure; 504 UpstreamTimeout; the service's own error.
   */
  async pass(
    service: Service,
    request: AuthenticatedRequest,
    reply: FastifyReply,
    nsid: string,
  ): Promise<StreamableFile> {
    const method = METHODS.find((name) => name === request.method)
    if (!method) throw invalidRequest('XRPC requests only supports GET and POST')
    if (this.outgoing.isReturning(request.headers)) throw invalidRequest('This call has come through here before')
    // Who has hung up meanwhile wants nothing more of it, and his end would not be heard of again.
    if (reply.raw.closed) throw unreachable()
    this.enter(request.viewer?.did ?? networkOf(request.ip), reply)
    const body = bodyOf(request)
    const exchange = new Exchange(this.patience, body !== undefined)
    reply.raw.once('close', () => exchange.cancel())
    try {
      const headers = await this.outgoing.of(service, request.viewer?.did ?? null, nsid, request.headers)
      const at = request.url.indexOf('?')
      const answer = await this.send(exchange, `${service.url}/xrpc/${nsid}${at < 0 ? '' : request.url.slice(at)}`, {
        method,
        headers: { ...headers, ...describing(request, body) },
        body,
        trusted: service.trusted,
      })
      return await this.passBack(exchange, answer, reply)
    } catch (error) {
      const { isLate } = exchange
      exchange.cancel()
      // What is left of a body is read and dropped: its sender may not listen before.
      request.raw.resume()
      if (error instanceof XrpcError) throw error
      throw isLate ? new XrpcError(504, 'UpstreamTimeout', 'Upstream service timed out') : unreachable()
    }
  }

  /** One more is under way for somebody, until it is answered. */
  private enter(who: string, { raw }: FastifyReply): void {
    const count = this.running.get(who) ?? 0
    if (count >= MAX_AT_ONCE) throw new XrpcError(429, 'RateLimitExceeded', 'Too many calls are under way')
    this.running.set(who, count + 1)
    raw.once('close', () => {
      const left = this.running.get(who)! - 1
      if (left > 0) this.running.set(who, left)
      else this.running.delete(who)
    })
  }

  private async send(
    exchange: Exchange,
    url: string,
    {
      body,
      ...options
    }: {
      method: 'GET' | 'HEAD' | 'POST'
      headers: Record<string, string>
      body?: Readable | string
      trusted?: boolean
    },
  ): Promise<IncomingMessage> {
    const { signal } = exchange
    if (typeof body !== 'object') return this.fetch.open(url, { ...options, body, signal })
    const limit = this.config.blobUploadLimit
    if (Number(options.headers['content-length']) > limit)
      throw new XrpcError(413, 'PayloadTooLarge', 'Request body is too large')
    const sent = exchange.sending(limit)
    let broken: unknown
    // The body is left whole when its sender has sent too much: he is told so on the same connection.
    body
      .on('error', (error) => sent.destroy(error))
      .pipe(sent)
      .on('error', (error) => (broken = error))
    try {
      return await this.fetch.open(url, { ...options, body: sent, signal })
    } catch (error) {
      throw broken instanceof XrpcError ? broken : error
    }
  }

  private async passBack(exchange: Exchange, answer: IncomingMessage, reply: FastifyReply): Promise<StreamableFile> {
    const status = answer.statusCode!
    const headers = passedBack(answer.headers)
    if (status >= 400) {
      const { 'retry-after': wait } = headers
      throw errorOf(status, await readError(answer), wait === undefined ? undefined : { 'retry-after': wait })
    }
    if (Number(answer.headers['content-length']) > MAX_ANSWER_BYTES) {
      answer.destroy()
      throw unreachable()
    }
    reply.status(status).headers({ ...NO_PAGE, ...headers, ...picked(answer.headers, OF_ANSWER) })
    const received = exchange.receiving(MAX_ANSWER_BYTES)
    // An answer that breaks off breaks off here too; whoever reads the stream sees it.
    pipeline(answer, received, () => exchange.end())
    return new StreamableFile(received)
  }
}

/** A body that a handler here would have been given is written again; any other is the stream that comes in. */
function bodyOf({ body }: AuthenticatedRequest): Readable | string | undefined {
  if (body === undefined || body === null) return undefined
  return isStream(body) ? body : JSON.stringify(body)
}

function describing({ headers }: AuthenticatedRequest, body: Readable | string | undefined): Record<string, string> {
  if (body === undefined) return {}
  if (typeof body === 'object') return picked(headers, OF_BODY)
  return { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
}

function isStream(body: unknown): body is Readable {
  return typeof (body as Partial<Readable>).pipe === 'function'
}

async function readError(answer: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > MAX_ERROR_BYTES) break
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
