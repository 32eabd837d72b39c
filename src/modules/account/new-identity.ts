import { Injectable } from '@nestjs/common'
import { type Did, type Handle, isDid, type SigningKey } from '../../repo-engine/index.js'
import { verifyServiceJwt } from '../auth/service-jwt.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { signingKeyOf } from '../identity/did-document.js'
import { DidResolver, KEY_CHANGED } from '../identity/did-resolver.js'
import { formatGenesis } from '../identity/plc/genesis.js'
import type { PlcUpdate } from '../identity/plc/operation.js'
import { ServerAddress } from '../identity/server-address.js'
import { SigningKeys } from '../identity/signing-keys.js'
import { invalidRequest, unauthorized } from '../xrpc/xrpc-error.js'

/** Who a new account is. */
export interface NewIdentity {
  did: Did
  /** What its commits will be signed with. */
  key: SigningKey
  /** What makes the DID known; null for one that has been known elsewhere. */
  genesis: PlcUpdate | null
}

/** Makes the identities of new accounts, or lets those in that come from elsewhere. */
@Injectable()
export class NewIdentities {
  constructor(
    private readonly keys: SigningKeys,
    private readonly address: ServerAddress,
    private readonly config: Config,
    private readonly dids: DidResolver,
    private readonly clock: Clock,
  ) {}

  /** A did:plc of its own. The owner's recovery key, then the operator's, overrule the server's. */
  make(handle: Handle, recoveryKey: string | undefined): NewIdentity {
    const key = this.keys.generate()
    const { did, op } = formatGenesis({
      handle,
      signingKey: key.didKey,
      rotationKey: this.keys.rotationKey,
      recoveryKeys: [recoveryKey, this.config.recoveryDidKey].filter((didKey) => didKey != null),
      pdsUrl: this.address.url,
    })
    return { did, key, genesis: op }
  }

  /**
   * A DID from elsewhere, which has to say by itself that it wants this account: otherwise anybody could take it.
   * `token` is a service JWT of createAccount for this server.
   * @throws XrpcError 401 without a good token; 400 UnresolvableDid, IncompatibleDidDoc.
   */
  async adopt(did: string, token: string | null): Promise<NewIdentity> {
    const missing = unauthorized(`Missing auth to create account with did: ${did}`)
    if (!token || !isDid(did)) throw missing
    const target = { aud: this.config.serviceDid, lxm: 'com.atproto.server.createAccount' }
    const issuer = await verifyServiceJwt(token, target, (iss, fresh) => this.keyOf(iss, fresh), this.clock.now())
    if (issuer !== did) throw missing
    return { did, key: this.keys.generate(), genesis: null }
  }

  private async keyOf(did: Did, fresh: boolean): Promise<string> {
    const document = await this.dids.resolve(did, fresh ? KEY_CHANGED : {})
    if (!document) throw invalidRequest(`Unable to resolve DID: ${did}`, 'UnresolvableDid')
    const key = signingKeyOf(document)
    if (!key) throw invalidRequest('DID document has no atproto signing key', 'IncompatibleDidDoc')
    return key
  }
}
