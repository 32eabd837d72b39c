import { Injectable } from '@nestjs/common'
import { Config } from '../../config/config.js'
import { serviceEndpointOf } from '../../identity/did-document.js'
import { DidResolver } from '../../identity/did-resolver.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { Service } from './service-calls.js'

const APP_VIEW = 'bsky_appview'

/** Reads `atproto-proxy: did#service`: whom a client wants its call passed on to (https://atproto.com/specs/xrpc#service-proxying). */
@Injectable()
export class ProxyHeader {
  constructor(
    private readonly dids: DidResolver,
    private readonly config: Config,
  ) {}

  /**
   * The service that the header names. Null when this server answers itself: it is an AppView, and today's clients name
   * one with every call, so that of the settings alone is gone to. To be asked for accounts only, because it makes requests.
   * @throws XrpcError 400 InvalidRequest for what names no service.
   */
  async service(header: string): Promise<Service | null> {
    const [, did, id] = /^(did:[^\s#]+)#([^\s#]+)$/.exec(header.trim()) ?? []
    if (did === undefined || id === undefined) throw invalidRequest('invalid proxy header format')
    const { appView, serviceDid } = this.config
    if (did === serviceDid) return null
    if (did === appView?.did) return { ...appView, trusted: true }
    if (id === APP_VIEW) return null
    const document = await this.dids.resolve(did)
    const url = document && serviceEndpointOf(document, id)
    if (url) return { url, did }
    throw invalidRequest(document ? 'could not resolve proxy did service url' : 'could not resolve proxy did')
  }
}
