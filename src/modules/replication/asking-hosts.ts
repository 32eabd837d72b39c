import { Injectable } from '@nestjs/common'
import { Config } from '../config/config.js'
import { ServerAddress } from '../identity/server-address.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'

/** Of a name in DNS, with a port. */
const MAX_LENGTH = 253 + ':65535'.length
/** Two labels at least, of which the last is no number: names, not addresses. */
const HOST = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:\d{1,5})?$/i
const LOCALHOST = /^localhost(:\d{1,5})?$/i

/** Hosts as they name themselves when they ask to be followed, and which of them may. */
@Injectable()
export class AskingHosts {
  constructor(
    private readonly config: Config,
    private readonly address: ServerAddress,
  ) {}

  /**
   * The origin that a host name means, with or without a port. It is reached by https; one on this machine, which is for
   * development mode only, by http. @throws XrpcError 400 InvalidRequest for anything else, and for this server's own name
   */
  originOf(hostname: string): string {
    const isLocal = LOCALHOST.test(hostname) && this.config.devMode
    const isName = isLocal || (hostname.length <= MAX_LENGTH && HOST.test(hostname))
    const origin = isName && URL.parse(`${isLocal ? 'http' : 'https'}://${hostname}`)?.origin
    if (!origin) throw invalidRequest(`not the name of a host that can be followed: ${hostname.slice(0, 100)}`)
    if (this.address.isAt(origin)) throw invalidRequest(`${hostname} is this server itself`)
    return origin
  }

  /** Whether the operator allows a host to have itself followed. */
  isAllowed(origin: string): boolean {
    const { crawlHosts } = this.config
    return crawlHosts.includes('*') || crawlHosts.includes(new URL(origin).host)
  }
}
