import type { IncomingHttpHeaders } from 'node:http'
import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { mintServiceJwt } from '../auth/service-jwt.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { traceHeaders } from '../tracing/spans.js'
import { SigningKeys } from '../identity/signing-keys.js'
import type { Service } from './service.js'

/** What of a client's headers is meant for the service. His token is not, nor is what belongs to his connection. */
const PASSED_ON = /^(accept-language|atproto-accept-labelers|x-bsky-topics|x-atproto-[a-z-]+)$/
/** What of an answer is meant for the client. Cookies are not: they would be this server's. */
const PASSED_BACK = ['content-type', 'content-language', 'atproto-repo-rev', 'atproto-content-labelers', 'retry-after']

/** What is said beside a call to another service: for whom it is, by a service token, and what the client has said. */
@Injectable()
export class CallHeaders {
  constructor(
    private readonly keys: SigningKeys,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * Headers of a call of the method `nsid` for `viewer`; null, or an account whose key is elsewhere, is nobody there.
   * `client`: the headers of the request that the call is made for.
   */
  async of(
    service: Service,
    viewer: Did | null,
    nsid: string,
    client: IncomingHttpHeaders,
  ): Promise<Record<string, string>> {
    const token = viewer && service.did !== null ? await this.token(viewer, service.did, nsid) : null
    return {
      ...picked(
        client,
        Object.keys(client).filter((name) => PASSED_ON.test(name)),
      ),
      via: [client.via, this.via].filter(Boolean).join(', '),
      ...traceHeaders(),
      ...(token !== null && { authorization: `Bearer ${token}` }),
    }
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

/** Of the headers of a service's answer, those that are meant for clients. */
export function passedBack(headers: IncomingHttpHeaders): Record<string, string> {
  return picked(headers, PASSED_BACK)
}

/** Of some headers those of these names that are there. */
export function picked(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const found = names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]]))
  return Object.fromEntries(found) as Record<string, string>
}
