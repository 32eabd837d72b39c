import { Injectable } from '@nestjs/common'
import type { Did, Handle } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { DidResolver } from '../../identity/did-resolver.js'
import { isPlcDid } from '../../identity/plc/operation.js'
import { PlcError } from '../../identity/plc/plc-error.js'
import { SigningKeys } from '../../identity/signing-keys.js'
import { Outbox } from '../../outbox/outbox.js'
import { SigningKeyChange } from './key-change.js'

/** Promises made in one write. */
const SLICE = 100

interface Named {
  did: Did
  handle: Handle
}

/** New signing keys for many accounts. */
@Injectable()
export class KeyRenewal {
  constructor(
    private readonly database: Database,
    private readonly keys: SigningKeys,
    private readonly dids: DidResolver,
    private readonly change: SigningKeyChange,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Promises all of them, then waits for each. Gives how many have changed; who has not is added to `leftOut`.
   * @throws XrpcError 502 when the directory does not answer: what is left is done as soon as it does
   */
  async renew(
    accounts: readonly Named[],
    leftOut: (Named & { reason: string })[],
    onDone: (done: number) => void,
  ): Promise<number> {
    const promised: { account: Named; id: number }[] = []
    let done = 0
    const leave = (account: Named, reason: string): void => {
      leftOut.push({ ...account, reason })
      onDone(++done)
    }
    for (let from = 0; from < accounts.length; from += SLICE) {
      const slice: Named[] = []
      for (const account of accounts.slice(from, from + SLICE))
        if (isPlcDid(account.did) || (await this.dids.isOwn(account.did))) slice.push(account)
        else leave(account, 'its document is served by its owner, who has to name the new key first')
      await this.database.write(async (tx) => {
        for (const account of slice) {
          const id = await this.change.promise(tx, account.did, this.keys.generate())
          if (id !== null) promised.push({ account, id })
          else leave(account, 'another change of its key is waiting for the PLC directory')
        }
      })
    }
    let changed = 0
    for (const { account, id } of promised)
      try {
        await this.outbox.perform(id)
        changed++
        onDone(++done)
      } catch (error) {
        if (!(error instanceof PlcError)) throw error
        leave(account, error.message)
      }
    return changed
  }
}
