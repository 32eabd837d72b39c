import { Resolver } from 'node:dns/promises'
import { Injectable } from '@nestjs/common'

/** TXT records of the domain name system. */
@Injectable()
export class DnsTxt {
  private readonly resolver = new Resolver({ timeout: 2000, tries: 2 })

  /** The texts under a name, one a record; empty when there are none or nobody says. */
  async lookup(name: string): Promise<string[]> {
    try {
      return (await this.resolver.resolveTxt(name)).map((pieces) => pieces.join(''))
    } catch {
      return []
    }
  }
}
