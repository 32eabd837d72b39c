import { Injectable } from '@nestjs/common'
import type { Did, Handle } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { OwnDocuments } from '../../identity/own-documents.js'
import { EmbeddedPlc } from '../../identity/plc/embedded-plc.js'
import type { PlcUpdate } from '../../identity/plc/operation.js'
import { PlcDirectory } from '../../identity/plc/plc-directory.js'
import { PlcError } from '../../identity/plc/plc-error.js'
import { XrpcError } from '../../xrpc/xrpc-error.js'
import { AccountGenesis } from './account-genesis.js'
import type { NewAccount } from '../accounts.js'
import type { NewIdentity } from './new-identity.js'
import { type Finish, GivenUp, Outbox } from '../../outbox/outbox.js'

const KIND = 'register-account'

interface Registration {
  did: Did
  handle: Handle
  genesis: PlcUpdate
}

/**
 * Brings accounts into being. With the PLC directory in the same database that is one write. With one outside it is
 * two, and the outbox between them knows after a crash which of them is missing: an identity without an account, or
 * an account without its identity, is never what remains.
 */
@Injectable()
export class AccountRegistration {
  constructor(
    private readonly database: Database,
    private readonly plc: PlcDirectory,
    private readonly genesis: AccountGenesis,
    private readonly documents: OwnDocuments,
    private readonly outbox: Outbox,
  ) {
    outbox.handle<Registration>(KIND, (registration) => this.submit(registration))
  }

  /**
   * @throws XrpcError 400 when the handle, the email address or the DID is taken, or the invite code used up; 502 when an
   * outside directory does not answer: the account is there as soon as it does. PlcError when it refuses: nothing is left
   * behind.
   */
  async register(account: NewAccount, identity: NewIdentity): Promise<void> {
    const { plc } = this
    const { did, key, origin } = identity
    if (typeof origin === 'string' || plc instanceof EmbeddedPlc) return this.registerAtOnce(account, identity)
    const id = await this.database.write(async (tx) => {
      await this.genesis.reserve(tx, account, key)
      return this.outbox.add(tx, KIND, { did, handle: account.handle, genesis: origin } satisfies Registration)
    })
    await this.outbox.perform(id).catch(explain)
  }

  private async registerAtOnce(account: NewAccount, { did, key, origin }: NewIdentity): Promise<void> {
    const { plc } = this
    await this.database.write(async (tx) => {
      await this.genesis.reserve(tx, account, key)
      if (origin === 'own-document') await this.documents.claim(tx, did)
      else if (origin !== 'elsewhere' && plc instanceof EmbeddedPlc) await plc.submitWithin(tx, did, origin)
      await this.genesis.begin(tx, did, account.handle, key, origin === 'elsewhere' ? 'deactivated' : null)
    })
  }

  /** The second half. Submitting twice is harmless, so it need not know whether this is the first time. */
  private async submit({ did, handle, genesis }: Registration): Promise<Finish> {
    try {
      await this.plc.submit(did, genesis)
    } catch (error) {
      if (error instanceof PlcError) throw new GivenUp(error, async (tx) => void (await this.genesis.cancel(tx, did)))
      throw error
    }
    return this.genesis.finish(did, handle)
  }
}

/** For who waits for an account: a refusal as it is; anything else only puts it off. @throws PlcError; XrpcError 502 */
export function explain(error: Error): never {
  if (error instanceof PlcError) throw error
  throw new XrpcError(502, 'UpstreamFailure', `${error.message}; the account will be ready to sign in once it does`)
}
