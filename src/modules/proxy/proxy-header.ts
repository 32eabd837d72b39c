import { Injectable } from '@nestjs/common'
import { Config } from '../config/config.js'
import { serviceEndpointOf } from '../identity/did-document.js'
import { DidResolver } from '../identity/did-resolver.js'
import { ServerAddress } from '../identity/server-address.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { isOfAppView } from './proxied-methods.js'
import type { Service } from './service.js'

const APP_VIEW = 'bsky_appview'
/** Longer than any DID and name of a service. */
const MAX_LENGTH = 2048 + 256

/** Reads `atproto-proxy: did#service`: whom a client wants its call passed on to (https://atproto.com/specs/xrpc#service-proxying). */
@Injectable()
export class ProxyHeader {
  constructor(
    private readonly dids: DidResolver,
    private readonly address: ServerAddress,
    private readonly config: Config,
  ) {}

  /**
   * The service that the header names for a method. Null when this server answers itself: because it is the one that is named,
   * or because it is an AppView, and today's clients name one with every call; that of the settings alone is gone to. To be
   * asked for accounts only, because it makes requests.
   * @throws XrpcError 400 InvalidRequest for what names no service.
   */
  async service(header: string, nsid: string): Promise<Service | null> {
    const { did, id } = parseProxyHeader(header)
    const { appView, serviceDid } = this.config
    if (did === serviceDid) return null
    if (did === appView?.did) return { ...appView, trusted: true }
    if (id === APP_VIEW && isOfAppView(nsid)) return null
    const document = await this.dids.resolve(did)
    if (!document) throw invalidRequest('could not resolve proxy did')
    const url = serviceEndpointOf(document, id)
    if (url === null) throw invalidRequest('could not resolve proxy did service url')
    return this.address.isAt(url) ? null : { url, did }
  }
}

/** A service of a DID, as the header names it. @throws XrpcError 400 InvalidRequest */
export function parseProxyHeader(header: string): { did: string; id: string } {
  const [, did, id] = /^(did:[^\s#]+)#([^\s#]+)$/.exec(header.trim()) ?? []
  if (did === undefined || id === undefined || header.length > MAX_LENGTH)
    throw invalidRequest('invalid proxy header format')
  return { did, id }
}
