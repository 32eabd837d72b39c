import { lookup } from 'node:dns'
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { Config } from '../config/config.js'
import { traced, type Work } from '../tracing/spans.js'
import { isPublicAddress } from './public-address.js'

export interface OpenOptions {
  method?: 'GET' | 'HEAD' | 'POST'
  headers?: Readonly<Record<string, string>>
  body?: string | Uint8Array | Readable
  /** The operator named this address: plain http and private networks are fine. */
  trusted?: boolean
  signal?: AbortSignal
}

export interface FetchOptions extends OpenOptions {
  /** Largest body that is read, 64 KiB unless told. */
  maxBytes?: number
  /** For all of it, from the name lookup to the last byte; 10 s unless told. */
  timeoutMs?: number
  /** Redirects that are followed, each to an address that is looked at like the first; none unless told. */
  redirects?: number
}

export interface Fetched {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** An outgoing request that was not made, or not answered in full. */
export class FetchError extends Error {}

/** The answer is elsewhere. */
class Redirect extends FetchError {
  constructor(
    status: number,
    readonly location: string | null,
  ) {
    super(`status ${status}: a redirect, which is not followed`)
  }
}

const MAX_BYTES = 64 * 1024
const TIMEOUT_MS = 10_000

/**
 * The only way out to addresses that others have named. The address is looked at when the connection is made, so
 * that a name cannot point elsewhere between check and use; redirects, which would escape both, are refused unless a caller
 * has them looked at in the same way.
 * In dev mode, or without that protection, plain http and private addresses are allowed; everything else stays the same.
 */
@Injectable()
export class SafeFetch implements OnApplicationShutdown {
  /** For other clients, WebSockets among them: a name lookup that finds public addresses only. */
  readonly lookup: LookupFunction
  private readonly guarded: Agents
  private readonly trusting = agents(lookup as LookupFunction)

  constructor(private readonly config: Config) {
    this.lookup = config.privateNetworks ? (lookup as LookupFunction) : lookupPublic
    this.guarded = agents(this.lookup)
  }

  /** Lets go of the connections that were kept for later. */
  onApplicationShutdown(): void {
    for (const { http, https } of [this.guarded, this.trusting]) {
      http.destroy()
      https.destroy()
    }
  }

  /** An address that may be connected to, by the rules of {@link open}. @throws FetchError */
  check(url: string): URL {
    return this.checkUrl(url, this.config.privateNetworks)
  }

  /** Makes a request and reads the whole answer, whatever its status. @throws FetchError, also for redirects beyond those asked for. */
  async fetch(url: string, options: FetchOptions = {}): Promise<Fetched> {
    const { maxBytes = MAX_BYTES, timeoutMs = TIMEOUT_MS, redirects = 0 } = options
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
    try {
      const response = await this.follow(url, { ...options, signal }, redirects)
      const body = await readBody(response, maxBytes)
      return { status: response.statusCode!, headers: response.headers, body }
    } catch (error) {
      if (timeout.aborted) throw new FetchError(`no full answer within ${timeoutMs} ms`)
      throw error instanceof FetchError ? error : new FetchError((error as Error).message || String(error))
    }
  }

  private async follow(url: string, options: OpenOptions, redirects: number): Promise<IncomingMessage> {
    try {
      return await this.open(url, options)
    } catch (error) {
      const location = error instanceof Redirect && redirects > 0 ? error.location : null
      const next = location === null ? null : URL.parse(location, url)
      if (!next) throw error
      return this.follow(next.href, options, redirects - 1)
    }
  }

  /**
   * Makes a request and gives the answer as a stream once its head is there. The caller bounds time (by `signal`) and
   * size, and reads or destroys the stream. @throws FetchError, also for redirects, and for a status that is no answer's
   * (101 would make a tunnel of the client's connection).
   */
  async open(url: string, options: OpenOptions = {}): Promise<IncomingMessage> {
    const trusted = options.trusted || this.config.privateNetworks
    const target = this.checkUrl(url, trusted)
    const { http, https } = options.trusted ? this.trusting : this.guarded
    const response = await traced(workOf(target, options), () =>
      send(target, options, target.protocol === 'https:' ? https : http),
    )
    const status = response.statusCode!
    if ((status >= 200 && status < 300) || (status >= 400 && status < 600)) return response
    response.destroy()
    if (status >= 300 && status < 400) throw new Redirect(status, response.headers.location ?? null)
    throw new FetchError(`status ${status}: no status of an answer`)
  }

  private checkUrl(text: string, trusted: boolean): URL {
    const url = checkUrl(text, trusted)
    if (this.config.throwAway && !THIS_MACHINE.test(url.hostname))
      throw new FetchError(`${url.host} is not on this machine, and a test network asks nobody else`)
    return url
  }
}

const THIS_MACHINE = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

interface Agents {
  http: HttpAgent
  https: HttpsAgent
}

/** Connections are kept only among those that were made through the same lookup. */
function agents(lookup: LookupFunction): Agents {
  const options = { keepAlive: true, maxFreeSockets: 32, timeout: 60_000, lookup }
  return { http: new HttpAgent(options), https: new HttpsAgent(options) }
}

function send(target: URL, options: OpenOptions, agent: HttpAgent): Promise<IncomingMessage> {
  const { method = 'GET', headers, body, signal } = options
  const start = agent instanceof HttpsAgent ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const request = start(target, { method, headers: { 'accept-encoding': 'identity', ...headers }, agent, signal })
    let answered = false
    request
      .on('response', (response) => {
        answered = true
        resolve(response)
      })
      .on('error', (error: NodeJS.ErrnoException) => {
        // The other side closed a kept connection while this request was on its way: nobody has seen it.
        const unseen = !answered && request.reusedSocket && error.code === 'ECONNRESET' && method !== 'POST'
        if (unseen) resolve(send(target, options, agent))
        else reject(error instanceof FetchError ? error : new FetchError(error.message))
      })
    if (body instanceof Readable) body.on('error', (error) => request.destroy(error)).pipe(request)
    else request.end(body)
  })
}

/** As the semantic conventions of HTTP have it. What is asked for may have a secret in its query. */
function workOf({ hostname, port, protocol, pathname }: URL, { method = 'GET' }: OpenOptions): Work {
  const attributes = {
    'http.request.method': method,
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
    'url.path': pathname,
  }
  return { name: method, kind: 'CLIENT', attributes }
}

function checkUrl(text: string, trusted: boolean): URL {
  const url = URL.parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new FetchError(`not a web address: ${text.slice(0, 200)}`)
  if (url.username || url.password) throw new FetchError('an address with credentials in it')
  if (trusted) return url
  if (url.protocol !== 'https:') throw new FetchError('an address without https')
  // Addresses written as numbers are never looked up; URL has brought them to their one form.
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) && !isPublicAddress(host)) throw notPublic(host)
  return url
}

const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, [])
    const addresses = found.filter(({ address }) => isPublicAddress(address))
    const [first] = addresses
    if (!first) return callback(notPublic(hostname), [])
    if (options.all) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

function notPublic(host: string): FetchError {
  return new FetchError(`not a public address: ${host}`)
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  if (Number(response.headers['content-length']) > maxBytes) size = Infinity
  else
    for await (const piece of response as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > maxBytes) break
      pieces.push(piece)
    }
  if (size <= maxBytes) return Buffer.concat(pieces)
  response.destroy()
  throw new FetchError(`an answer of more than ${maxBytes} bytes`)
}
