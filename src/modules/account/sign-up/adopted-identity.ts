import { Injectable } from '@nestjs/common'
import { type Curve, type Did, type Handle, SigningKey } from '../../../repo-engine/index.js'
import { DidResolver } from '../../identity/did-resolver.js'
import { formatMove } from '../../identity/plc/genesis.js'
import { type PlcOperation, type PlcState, type PlcUpdate, stateOf } from '../../identity/plc/operation.js'
import { PlcDirectory } from '../../identity/plc/plc-directory.js'
import { PlcError } from '../../identity/plc/plc-error.js'
import { ServerAddress } from '../../identity/server-address.js'
import { SigningKeys } from '../../identity/signing-keys.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'

const CURVES: readonly Curve[] = ['k256', 'p256']

/** An identity as it is, and a key that may say what it is from now on. */
export interface HeldIdentity {
  did: Did
  last: PlcOperation
  state: PlcState
  rotationKey: SigningKey
}

/** Brings identities from other hosts to this server, by a rotation key that the operator holds. */
@Injectable()
export class AdoptedIdentities {
  constructor(
    private readonly plc: PlcDirectory,
    private readonly keys: SigningKeys,
    private readonly address: ServerAddress,
    private readonly dids: DidResolver,
  ) {}

  /**
   * The present identity of a did:plc. `secret` is the private key of either curve, null for this server's own.
   * @throws XrpcError 400 UnresolvableDid; InvalidRequest naming the keys that there are; 502 when the directory is silent.
   */
  async held(did: Did, secret: Uint8Array | null): Promise<HeldIdentity> {
    const last = await this.plc.lastOperation(did)
    const state = last && stateOf(last)
    if (!last || !state)
      throw invalidRequest(`The PLC directory does not know ${did}, or not any more`, 'UnresolvableDid')
    const candidates = secret ? CURVES.flatMap((curve) => keyOn(curve, secret) ?? []) : this.keys.rotationKeys
    const rotationKey = candidates.find(({ didKey }) => state.rotationKeys.includes(didKey))
    if (rotationKey) return { did, last, state, rotationKey }
    const whose = secret ? 'The given key' : "This server's own key"
    const names = candidates.map(({ didKey }) => didKey).join(' or ') || 'of no curve'
    throw invalidRequest(
      `${whose} (${names}) is not a rotation key of ${did}. These are: ${state.rotationKeys.join(', ')}`,
    )
  }

  /** A new signing key, and the operation that makes it and this server the identity's. Kept nowhere yet. @throws PlcError */
  move({ last, rotationKey }: HeldIdentity, handle: Handle): { key: SigningKey; operation: PlcUpdate } {
    const key = this.keys.generate()
    const move = { handle, signingKey: key.didKey, serverKey: this.keys.rotationKey.didKey, pdsUrl: this.address.url }
    return { key, operation: formatMove(last, move, rotationKey) }
  }

  /**
   * Registers such an operation, be it again, and gives the key that the identity then names.
   * @throws PlcError when it is refused and the identity is not what it makes of it; XrpcError 502
   */
  async register(did: Did, operation: PlcUpdate): Promise<SigningKey> {
    try {
      await this.plc.submit(did, operation)
    } catch (error) {
      // An earlier try may have succeeded, and another operation have followed since.
      if (!(error instanceof PlcError && (await this.isMoved(did, operation)))) throw error
    }
    // What is remembered of it names the old host.
    await this.dids.resolve(did, { fresh: true })
    return this.keys.get(did)
  }

  private async isMoved(did: Did, { verificationMethods, services }: PlcState): Promise<boolean> {
    const last = await this.plc.lastOperation(did)
    const state = last && stateOf(last)
    return (
      state?.verificationMethods.atproto === verificationMethods.atproto &&
      state?.services.atproto_pds?.endpoint === services.atproto_pds?.endpoint
    )
  }
}

/** The key of a curve, null where the secret is none. */
function keyOn(curve: Curve, secret: Uint8Array): SigningKey | null {
  try {
    return SigningKey.fromPrivate(curve, secret)
  } catch {
    return null
  }
}
