import { Injectable } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { Config } from '../../config/config.js'
import { pdsEndpointOf, signingKeyOf } from '../../identity/did-document.js'
import { DidResolver } from '../../identity/did-resolver.js'
import type { PlcState } from '../../identity/plc/operation.js'
import { ServerAddress } from '../../identity/server-address.js'
import { SigningKeys } from '../../identity/signing-keys.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { type Account, Accounts } from '../accounts.js'

const PDS_TYPE = 'AtprotoPersonalDataServer'

/** What the identity of an account has to say for the account to work here. */
@Injectable()
export class Credentials {
  constructor(
    private readonly accounts: Accounts,
    private readonly keys: SigningKeys,
    private readonly address: ServerAddress,
    private readonly dids: DidResolver,
    private readonly config: Config,
  ) {}

  /** What an identity that lives here had best consist of. @throws XrpcError 400 AccountNotFound. */
  async recommended(did: Did): Promise<PlcState> {
    const { handle } = await this.account(did)
    const { recoveryDidKey } = this.config
    return {
      rotationKeys: [...(recoveryDidKey === null ? [] : [recoveryDidKey]), this.keys.rotationKey.didKey],
      verificationMethods: { atproto: await this.signingKey(did) },
      alsoKnownAs: [`at://${handle}`],
      services: { atproto_pds: { type: PDS_TYPE, endpoint: this.address.url } },
    }
  }

  /** Whether the account still works here once its identity is this. @throws XrpcError 400, as officially. */
  async assertKept(did: Did, state: PlcState): Promise<Account> {
    const account = await this.account(did)
    const { rotationKeys, verificationMethods, alsoKnownAs, services } = state
    if (!rotationKeys.includes(this.keys.rotationKey.didKey))
      throw invalidRequest("Rotation keys do not include server's rotation key")
    if (services.atproto_pds?.type !== PDS_TYPE) throw invalidRequest('Incorrect type on atproto_pds service')
    if (services.atproto_pds.endpoint !== this.address.url)
      throw invalidRequest('Incorrect endpoint on atproto_pds service')
    if (verificationMethods.atproto !== (await this.signingKey(did))) throw invalidRequest('Incorrect signing key')
    if (alsoKnownAs[0] !== `at://${account.handle}`) throw invalidRequest('Incorrect handle in alsoKnownAs')
    return account
  }

  /**
   * Whether the document of a DID, asked for afresh, makes this server its host. Who may change the document does not
   * matter. @throws XrpcError 400, as officially
   */
  async assertHere(did: Did): Promise<void> {
    const document = await this.dids.resolve(did, { fresh: true })
    if (!document) throw invalidRequest('Could not resolve DID')
    if (pdsEndpointOf(document) !== this.address.url)
      throw invalidRequest('DID document atproto_pds service endpoint does not match PDS public url')
    if (signingKeyOf(document) !== (await this.signingKey(did)))
      throw invalidRequest('DID document verification method does not match expected signing key')
  }

  /** As {@link assertHere}, as an answer. */
  async isHere(did: Did): Promise<boolean> {
    return this.assertHere(did).then(
      () => true,
      () => false,
    )
  }

  private async account(did: Did): Promise<Account> {
    const account = await this.accounts.byDid(did)
    if (!account) throw invalidRequest('account not found', 'AccountNotFound')
    return account
  }

  private async signingKey(did: Did): Promise<string> {
    return (await this.keys.get(did)).didKey
  }
}
