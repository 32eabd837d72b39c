import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import type { ServiceKeyId } from '../auth/service-jwt.js'
import { ServiceKeys } from '../auth/service-keys.js'
import { unauthorized } from '../xrpc/xrpc-error.js'
import { signingKeyOf } from './did-document.js'
import { DidResolver, KEY_CHANGED } from './did-resolver.js'

/** The keys of accounts, as their DID documents name them. */
@Injectable()
export class AccountKeys extends ServiceKeys {
  constructor(private readonly dids: DidResolver) {
    super()
  }

  async resolve(did: Did, fresh: boolean, id: ServiceKeyId = 'atproto'): Promise<string> {
    const document = await this.dids.resolve(did, fresh ? KEY_CHANGED : {})
    if (!document) throw unauthorized('identity unknown')
    const key = signingKeyOf(document, id)
    if (!key) throw unauthorized('missing or bad key')
    return key
  }
}
