import { Injectable } from '@nestjs/common'
import { type Did, isDid, type SigningKey } from '../../../repo-engine/index.js'
import { verifyServiceJwt } from '../../auth/service-jwt.js'
import { Clock } from '../../config/clock.js'
import { Config } from '../../config/config.js'
import { signingKeyOf } from '../../identity/did-document.js'
import { DidResolver, KEY_CHANGED } from '../../identity/did-resolver.js'
import { ReservedKeys } from '../../identity/reserved-keys.js'
import { invalidRequest, unauthorized } from '../../xrpc/xrpc-error.js'

/** DIDs from elsewhere, which have to say by themselves that they want an account here: otherwise anybody could take one. */
@Injectable()
export class IncomingDids {
  constructor(
    private readonly dids: DidResolver,
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly reserved: ReservedKeys,
  ) {}

  /**
   * `token` is a service JWT of createAccount for this server, by the DID.
   * @throws XrpcError 401 without a good token; 400 UnresolvableDid, IncompatibleDidDoc.
   */
  async prove(did: string, token: string | null): Promise<Did> {
    const missing = unauthorized(`Missing auth to create account with did: ${did}`)
    if (!token || !isDid(did)) throw missing
    const target = { aud: this.config.serviceDid, lxm: 'com.atproto.server.createAccount' }
    const issuer = await verifyServiceJwt(token, target, (iss, fresh) => this.keyOf(iss, fresh), this.clock.now())
    if (issuer !== did) throw missing
    return did
  }

  /** Whether the document of a DID is served, by whomever. */
  async isKnown(did: Did): Promise<boolean> {
    return (await this.dids.resolve(did, { fresh: true })) !== null
  }

  /** The key that the DID may name already, because it was reserved for it; null without one. */
  reservedKey(did: Did): Promise<SigningKey | null> {
    return this.reserved.find(did)
  }

  private async keyOf(did: Did, fresh: boolean): Promise<string> {
    const document = await this.dids.resolve(did, fresh ? KEY_CHANGED : {})
    if (!document) throw invalidRequest(`Unable to resolve DID: ${did}`, 'UnresolvableDid')
    const key = signingKeyOf(document)
    if (!key) throw invalidRequest('DID document has no atproto signing key', 'IncompatibleDidDoc')
    return key
  }
}
