import { Injectable } from '@nestjs/common'
import type { Did, Handle, SigningKey } from '../../../repo-engine/index.js'
import { Config } from '../../config/config.js'
import { OwnDocuments } from '../../identity/own-documents.js'
import { formatGenesis } from '../../identity/plc/genesis.js'
import type { PlcUpdate } from '../../identity/plc/operation.js'
import { ServerAddress } from '../../identity/server-address.js'
import { SigningKeys } from '../../identity/signing-keys.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { IncomingDids } from './incoming-dids.js'

/** Who a new account is. */
export interface NewIdentity {
  did: Did
  /** What its commits will be signed with. */
  key: SigningKey
  /**
   * What makes the DID known: the first operation of a did:plc · a document that this host serves, for a did:web under its
   * domains · nothing, for one that has been known elsewhere, and starts deactivated.
   */
  origin: PlcUpdate | 'own-document' | 'elsewhere'
}

/** Makes the identities of new accounts, or lets those in that come from elsewhere. */
@Injectable()
export class NewIdentities {
  constructor(
    private readonly keys: SigningKeys,
    private readonly incoming: IncomingDids,
    private readonly documents: OwnDocuments,
    private readonly address: ServerAddress,
    private readonly config: Config,
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
    return { did, key, origin: op }
  }

  /**
   * A did:web that is the account's own first handle. Nobody has to vouch for it, because nobody but this server can.
   * @throws XrpcError 400 InvalidRequest for another handle, since whoever has one name must not get the DID of another, and
   * for a name whose document is served by somebody else
   */
  async makeWeb(name: string, handle: Handle): Promise<NewIdentity> {
    const did = `did:web:${name}` as Did
    if (handle !== name) throw invalidRequest(`The handle of ${did} must be ${name} to begin with`)
    if (await this.incoming.isKnown(did)) throw invalidRequest(`${did} is known already`, 'HandleNotAvailable')
    return { did, key: this.keys.generate(), origin: 'own-document' }
  }

  /** The name that a DID without a voucher may have here, by {@link makeWeb}; null for every other DID. */
  webNameOf(did: string): string | null {
    return this.documents.nameOf(did)
  }

  /** A DID from elsewhere, with the key that was reserved for it, where one was. @throws as {@link IncomingDids.prove} */
  async adopt(did: string, serviceToken: string | null): Promise<NewIdentity> {
    const proven = await this.incoming.prove(did, serviceToken)
    return { did: proven, key: (await this.incoming.reservedKey(proven)) ?? this.keys.generate(), origin: 'elsewhere' }
  }
}
