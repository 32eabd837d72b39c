import { Resolver } from 'node:dns/promises'
import { Injectable } from '@nestjs/common'
import { Config, ConfigError } from '../config/config.js'

/** There is no such name, no such record of it, or no name that could be asked for. */
const NONE = new Set<string | undefined>(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

/** TXT records of the domain name system, asked of `DNS_SERVER` where there is one. */
@Injectable()
export class DnsTxt {
  private readonly resolver = new Resolver({ timeout: 2000, tries: 2 })
  private readonly isCutOff: boolean

  /** @throws ConfigError for a `DNS_SERVER` that is no address. */
  constructor({ dnsServer, throwAway }: Config) {
    this.isCutOff = throwAway !== null
    if (dnsServer === null) return
    try {
      this.resolver.setServers([dnsServer])
    } catch {
      throw new ConfigError(`DNS_SERVER: "${dnsServer}" is not an IP address, with a port or without`)
    }
  }

  /** The texts under a name, one a record; empty when there are none, null when nobody says. */
  async lookup(name: string): Promise<string[] | null> {
    if (this.isCutOff) return []
    try {
      return (await this.resolver.resolveTxt(name)).map((pieces) => pieces.join(''))
    } catch (error) {
      return NONE.has((error as NodeJS.ErrnoException).code) ? [] : null
    }
  }
}
