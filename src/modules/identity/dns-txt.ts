import { Resolver } from 'node:dns/promises'
import { Injectable } from '@nestjs/common'
import { Config, ConfigError } from '../config/config.js'

/** There is no such name, no such record of it, or no name that could be asked for. */
const NONE = new Set<string | undefined>(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

/** TXT records of the domain name system, asked of `DNS_SERVER` where there is one. */
@Injectable()
export class DnsTxt {
  private readonly resolver: Resolver
  private readonly isCutOff: boolean

  /** @throws ConfigError for a `DNS_SERVER` that is no address. */
  constructor(config: Config) {
    this.resolver = dnsResolver(config)
    this.isCutOff = config.throwAway !== null
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

/** A client of the domain name system: of `DNS_SERVER` where there is one. @throws ConfigError as {@link DnsTxt} */
export function dnsResolver({ dnsServer }: Pick<Config, 'dnsServer'>): Resolver {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  if (dnsServer === null) return resolver
  try {
    resolver.setServers([dnsServer])
    return resolver
  } catch {
    throw new ConfigError(`DNS_SERVER: "${dnsServer}" is not an IP address, with a port or without`)
  }
}
