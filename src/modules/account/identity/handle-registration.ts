import { Injectable } from '@nestjs/common'
import type { Did, Handle } from '../../../repo-engine/index.js'
import { Database, type Tx } from '../../database/database.js'
import { withHandle } from '../../identity/plc/genesis.js'
import { PlcError } from '../../identity/plc/plc-error.js'
import { Accounts } from '../accounts.js'
import { IdentityChanges } from './identity-changes.js'
import { type Finish, GivenUp, Outbox } from '../../outbox/outbox.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'

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
    private readonly changes: IdentityChanges,
    private readonly accounts: Accounts,
    private readonly outbox: Outbox,
  ) {
    outbox.handle<HandleChange>(KIND, (change, _, end) => this.submit(change, end))
  }

  /** For a did:plc. @throws XrpcError 400 HandleNotAvailable; as {@link IdentityChanges.update}. */
  async change(did: Did, handle: Handle): Promise<void> {
    if (this.changes.isEmbedded)
      return this.changes.alone(did, async () => this.changeHere(did, handle, await this.update(did, handle)))
    const id = await this.database.write((tx) => this.promise(tx, { did, handle }))
    await this.outbox.perform(id)
  }

  /** Gives the number of the promise, be it an earlier one of the same: done again later, it would undo what came after. */
  private async promise(tx: Tx, change: HandleChange): Promise<number> {
    const { did, handle } = change
    await this.accounts.claimNextHandle(tx, did, handle)
    const start = `{"did":${JSON.stringify(did)},`
    const waiting = await tx.get<{ id: number; payload: string }>(
      'SELECT id, payload FROM outbox WHERE kind = ? AND substr(payload, 1, length(?)) = ?',
      KIND,
      start,
      start,
    )
    if (!waiting) return this.outbox.add(tx, KIND, change)
    if ((JSON.parse(waiting.payload) as HandleChange).handle === handle) return waiting.id
    throw invalidRequest('Another change of handle is waiting for the PLC directory')
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
  private async submit({ did, handle }: HandleChange, end: (finish: Finish) => Promise<void>): Promise<void> {
    await this.changes.alone(did, async () => {
      try {
        await this.update(did, handle)
      } catch (error) {
        if (error instanceof PlcError) throw new GivenUp(error, (tx) => this.accounts.dropClaims(tx, did))
        throw error
      }
      await end((tx) => this.accounts.setHandle(tx, did, handle))
    })
  }

  /** Does nothing when the identity has the handle already. */
  private update(did: Did, handle: Handle): Promise<Finish> {
    return this.changes.update(did, ({ alsoKnownAs }) => {
      const present = alsoKnownAs.find((alias) => alias.startsWith('at://'))
      return present === `at://${handle}` ? null : { alsoKnownAs: withHandle(alsoKnownAs, handle) }
    })
  }
}
