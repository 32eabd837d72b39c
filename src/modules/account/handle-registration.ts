import { Injectable } from '@nestjs/common'
import type { Did, Handle } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { EmbeddedPlc } from '../identity/plc/embedded-plc.js'
import { formatHandleUpdate } from '../identity/plc/genesis.js'
import { type PlcUpdate, stateOf } from '../identity/plc/operation.js'
import { PlcDirectory } from '../identity/plc/plc-directory.js'
import { PlcError } from '../identity/plc/plc-error.js'
import { SigningKeys } from '../identity/signing-keys.js'
import { Accounts } from './accounts.js'
import { type Finish, GivenUp, Outbox } from '../outbox/outbox.js'

const KIND = 'change-handle'

interface HandleChange {
  did: Did
  handle: Handle
}

/** Changes the handle of an account: in its identity, on its row and in the log, all of them or none. */
@Injectable()
export class HandleRegistration {
  constructor(
    private readonly database: Database,
    private readonly plc: PlcDirectory,
    private readonly keys: SigningKeys,
    private readonly accounts: Accounts,
    private readonly outbox: Outbox,
  ) {
    outbox.handle<HandleChange>(KIND, (change) => this.submit(change))
  }

  /** For a did:plc. @throws XrpcError 400 HandleNotAvailable; as {@link PlcDirectory.submit}. */
  async change(did: Did, handle: Handle): Promise<void> {
    const { plc } = this
    if (plc instanceof EmbeddedPlc) {
      const op = await this.nextOperation(did, handle)
      return this.changeHere(did, handle, (tx) => (op ? plc.submitWithin(tx, did, op) : Promise.resolve()))
    }
    const id = await this.database.write(async (tx) => {
      await this.accounts.claimNextHandle(tx, did, handle)
      return this.outbox.add(tx, KIND, { did, handle } satisfies HandleChange)
    })
    await this.outbox.perform(id)
  }

  /** For a DID whose owner has seen to its document. `also` is written along. @throws XrpcError 400 HandleNotAvailable. */
  async changeHere(did: Did, handle: Handle, also?: Finish): Promise<void> {
    await this.database.write(async (tx) => {
      await this.accounts.claimNextHandle(tx, did, handle)
      await also?.(tx)
      await this.accounts.setHandle(tx, did, handle)
    })
  }

  /** The outside half. Told by the directory's own log whether an earlier try has succeeded. */
  private async submit({ did, handle }: HandleChange): Promise<Finish> {
    try {
      const op = await this.nextOperation(did, handle)
      if (op) await this.plc.submit(did, op)
    } catch (error) {
      if (error instanceof PlcError) throw new GivenUp(error, (tx) => this.accounts.dropClaims(tx, did))
      throw error
    }
    return (tx) => this.accounts.setHandle(tx, did, handle)
  }

  /** Null when the identity has the handle already. @throws PlcError */
  private async nextOperation(did: Did, handle: Handle): Promise<PlcUpdate | null> {
    const last = await this.plc.lastOperation(did)
    if (!last) throw new PlcError(`DID not registered: ${did}`, 404)
    const present = stateOf(last)?.alsoKnownAs.find((alias) => alias.startsWith('at://'))
    return present === `at://${handle}` ? null : formatHandleUpdate(last, handle, this.keys.rotationKey)
  }
}
