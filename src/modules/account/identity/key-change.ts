import { Injectable } from '@nestjs/common'
import type { Did, SigningKey } from '../../../repo-engine/index.js'
import { Database, type Tx } from '../../database/database.js'
import { PlcError } from '../../identity/plc/plc-error.js'
import { type Finish, GivenUp, Outbox } from '../../outbox/outbox.js'
import { RepoTips } from '../../repo/repo-tips.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { AccountGenesis } from '../sign-up/account-genesis.js'
import { IdentityChanges } from './identity-changes.js'

const KIND = 'change-signing-key'

interface KeyChange {
  did: Did
}

/**
 * Gives accounts other signing keys: the new one is sealed and kept, the identity is made to name it, then the head is
 * signed anew and the log told. Nothing is written to the repository between the last two; the outbox knows after a crash
 * which of them is missing.
 */
@Injectable()
export class SigningKeyChange {
  constructor(
    private readonly database: Database,
    private readonly changes: IdentityChanges,
    private readonly genesis: AccountGenesis,
    private readonly tips: RepoTips,
    private readonly outbox: Outbox,
  ) {
    outbox.handle<KeyChange>(KIND, ({ did }, _, end) => this.submit(did, end))
  }

  /**
   * @throws XrpcError 400 while another change waits; 502 when the directory does not answer: the key changes as soon as it
   * does. PlcError when it refuses, or where the account does not live here: nothing has changed.
   */
  async change(did: Did, key: SigningKey): Promise<void> {
    const promise = await this.database.write(async (tx) => {
      const id = await this.promise(tx, did, key)
      if (id === null) throw invalidRequest('Another change of the signing key is waiting for the PLC directory')
      return id
    })
    await this.outbox.perform(promise)
  }

  /** Promises a change, which is for the caller to begin, and gives its number; null where one is promised already. */
  async promise(tx: Tx, did: Did, key: SigningKey): Promise<number | null> {
    if (!(await this.genesis.prepareKey(tx, did, key))) return null
    return this.outbox.add(tx, KIND, { did } satisfies KeyChange, false)
  }

  private async submit(did: Did, end: (finish: Finish) => Promise<void>): Promise<void> {
    const key = await this.genesis.preparedKey(did)
    if (!key) return
    await this.changes.alone(did, async () => {
      try {
        await this.changes.setSigningKey(did, key.didKey, (change) =>
          this.tips.alone(did, async () => {
            const register = await change()
            await end(async (tx) => {
              await register(tx)
              await this.genesis.changeKey(tx, did, key)
            })
          }),
        )
      } catch (error) {
        if (error instanceof PlcError) throw new GivenUp(error, (tx) => this.genesis.dropKey(tx, did))
        throw error
      }
    })
  }
}
