import type { IncomingHttpHeaders } from 'node:http'
import { Injectable } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { mintServiceJwt } from '../../auth/service-jwt.js'
import { Clock } from '../../config/clock.js'
import { Config } from '../../config/config.js'
import { SafeFetch } from '../../identity/safe-fetch.js'
import { SigningKeys } from '../../identity/signing-keys.js'
import { XrpcError } from '../../xrpc/xrpc-error.js'

/** A service elsewhere. */
export interface Service {
  /** Without a slash at its end. */
  url: string
  /** Whom tokens for it name; null: it is asked as nobody. */
  did: string | null
  /** The operator named it. */
  trusted?: boolean
}

/** An XRPC call. */
export interface Call {
  nsid: string
  method?: 'GET' | 'POST'
  query?: URLSearchParams
  /** JSON. */
  body?: string
  /** Of the request that this call is made for: what of them is meant for the service goes along. */
  headers?: IncomingHttpHeaders
  maxBytes?: number
}

export interface ServiceAnswer {
  body: Buffer
  /** Of the answer's headers, those that are meant for clients. */
  headers: Record<string, string>
}

/** What went wrong between the two servers, and is no word of the other one's. */
export const UPSTREAM_FAILURE = 'UpstreamFailure'

const TIMEOUT_MS = 10_000
const MAX_BYTES = 10 * 1024 * 1024
/** The client's own token is never among these, nor is anything that belongs to one connection. */
const PASSED_ON = ['accept-language', 'atproto-accept-labelers', 'x-bsky-topics']
const PASSED_BACK = ['content-type', 'content-language', 'atproto-repo-rev', 'atproto-content-labelers']

/**
 * Calls methods of other services for accounts here, which vouch for themselves by a service token
 * (https://atproto.com/specs/xrpc#inter-service-authentication-jwt).
 */
@Injectable()
export class ServiceCalls {
  constructor(
    private readonly fetch: SafeFetch,
    private readonly keys: SigningKeys,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * What the service answers, in 10 s and 10 MB. `viewer` null, or an account whose key is elsewhere: asked as nobody.
   * @throws XrpcError with the status, name and message of the service's own error; 502 UpstreamFailure without one.
   */
  async call(service: Service, viewer: Did | null, call: Call): Promise<ServiceAnswer> {
    const { nsid, method = 'GET', query, body, headers = {}, maxBytes = MAX_BYTES } = call
    const search = query?.size ? `?${query.toString()}` : ''
    const token = viewer && service.did !== null ? await this.token(viewer, service.did, nsid) : null
    const answer = await this.fetch
      .fetch(`${service.url}/xrpc/${nsid}${search}`, {
        method,
        body,
        headers: {
          ...picked(headers, PASSED_ON),
          via: [headers.via, this.via].filter(Boolean).join(', '),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(token !== null && { authorization: `Bearer ${token}` }),
        },
        trusted: service.trusted,
        timeoutMs: TIMEOUT_MS,
        maxBytes,
      })
      .catch(() => {
        throw new XrpcError(502, UPSTREAM_FAILURE, 'Upstream service unreachable')
      })
    if (answer.status >= 400) throw errorOf(answer.status, answer.body)
    return { body: answer.body, headers: picked(answer.headers, PASSED_BACK) }
  }

  /** Whether a request has come through this server before: two that ask each other must not go on for ever. */
  isReturning({ via = '' }: IncomingHttpHeaders): boolean {
    return via.split(/\s*,\s*/).includes(this.via)
  }

  /** RFC 9110, section 7.6.3: this server by its DID. */
  private get via(): string {
    return `1.1 ${this.config.serviceDid}`
  }

  private async token(viewer: Did, aud: string, lxm: string): Promise<string | null> {
    if ((await this.keys.publicKey(viewer)) === null) return null
    return mintServiceJwt(viewer, { aud, lxm }, await this.keys.get(viewer), this.clock.now())
  }
}

function errorOf(status: number, body: Buffer): XrpcError {
  // What broke there has not broken here.
  const shown = status === 500 ? 502 : status
  try {
    const { error, message } = JSON.parse(body.toString()) as Record<string, unknown>
    if (typeof error === 'string') return new XrpcError(shown, error, typeof message === 'string' ? message : undefined)
  } catch {
    // Not the answer of an XRPC server.
  }
  return new XrpcError(502, UPSTREAM_FAILURE, `Upstream service answered with status ${status}`)
}

function picked(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const found = names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]]))
  return Object.fromEntries(found) as Record<string, string>
}
