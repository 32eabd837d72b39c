import type { IncomingHttpHeaders } from 'node:http'
import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { SafeFetch } from '../identity/safe-fetch.js'
import { CallHeaders, passedBack } from './call-headers.js'
import type { Service } from './service.js'
import { errorOf, unreachable } from './upstream-error.js'

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

const TIMEOUT_MS = 10_000
const MAX_BYTES = 10 * 1024 * 1024

/**
 * Calls methods of other services for accounts here, which vouch for themselves by a service token
 * (https://atproto.com/specs/xrpc#inter-service-authentication-jwt), and reads what they answer.
 */
@Injectable()
export class ServiceCalls {
  constructor(
    private readonly fetch: SafeFetch,
    private readonly outgoing: CallHeaders,
  ) {}

  /**
   * What the service answers, in 10 s and 10 MB. `viewer` null, or an account whose key is elsewhere: asked as nobody.
   * @throws XrpcError with the status, name and message of the service's own error; 502 UpstreamFailure without one.
   */
  async call(service: Service, viewer: Did | null, call: Call): Promise<ServiceAnswer> {
    const { nsid, method = 'GET', query, body, headers = {}, maxBytes = MAX_BYTES } = call
    const search = query?.size ? `?${query.toString()}` : ''
    const said = await this.outgoing.of(service, viewer, nsid, headers)
    const answer = await this.fetch
      .fetch(`${service.url}/xrpc/${nsid}${search}`, {
        method,
        body,
        headers: { ...said, ...(body !== undefined && { 'content-type': 'application/json' }) },
        trusted: service.trusted,
        timeoutMs: TIMEOUT_MS,
        maxBytes,
      })
      .catch(() => {
        throw unreachable()
      })
    if (answer.status >= 400) throw errorOf(answer.status, answer.body)
    return { body: answer.body, headers: passedBack(answer.headers) }
  }
}
