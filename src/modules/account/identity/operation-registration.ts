import { Injectable } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { CommitLog } from '../../commit-log/commit-log.js'
import { Database, type Tx } from '../../database/database.js'
import type { PlcUpdate } from '../../identity/plc/operation.js'
import { PlcError } from '../../identity/plc/plc-error.js'
import { type Finish, GivenUp, Outbox } from '../../outbox/outbox.js'
import { invalidRequest, XrpcError } from '../../xrpc/xrpc-error.js'
import { Credentials } from './credentials.js'
import { IdentityChanges } from './identity-changes.js'
import { identityEvent } from './identity-event.js'

const KIND = 'submit-operation'

interface Submission {
  did: Did
  operation: PlcUpdate
}

/** Registers operations that owners bring, and tells the log: both or neither, also after a crash or a lost answer. */
@Injectable()
export class OperationRegistration {
  constructor(
    private readonly database: Database,
    private readonly changes: IdentityChanges,
    private readonly credentials: Credentials,
    private readonly log: CommitLog,
    private readonly outbox: Outbox,
  ) {
    outbox.handle<Submission>(KIND, (submission, _, end) => this.submit(submission, end))
  }

  /**
   * @throws XrpcError 400 as {@link Credentials.assertKept}, and while another operation waits; 502 when the directory does
   * not answer: the operation is submitted as soon as it does. PlcError when it refuses: nothing has changed.
   */
  async register(did: Did, operation: PlcUpdate): Promise<void> {
    await this.credentials.assertKept(did, operation)
    const id = await this.database.write((tx) => this.promise(tx, { did, operation }))
    await this.outbox.perform(id)
  }

  private async promise(tx: Tx, submission: Submission): Promise<number> {
    const start = `{"did":${JSON.stringify(submission.did)},`
    const id = await this.outbox.add(tx, KIND, submission)
    const other = await tx.get(
      'SELECT 1 FROM outbox WHERE kind = ? AND id <> ? AND substr(payload, 1, length(?)) = ?',
      KIND,
      id,
      start,
      start,
    )
    if (other) throw invalidRequest('Another operation is waiting for the PLC directory')
    return id
  }

  /** What was fine when it was promised may have changed since: a handle above all. */
  private async submit({ did, operation }: Submission, end: (finish: Finish) => Promise<void>): Promise<void> {
    await this.changes.alone(did, async () => {
      let register: Finish
      let handle
      try {
        handle = (await this.credentials.assertKept(did, operation)).handle
        register = await this.changes.register(did, operation)
      } catch (error) {
        const refused = error instanceof PlcError || (error instanceof XrpcError && error.status < 500)
        if (refused) throw new GivenUp(error, async () => {})
        throw error
      }
      await end(async (tx) => {
        await register(tx)
        await this.log.append(tx, [identityEvent(did, handle)])
      })
    })
  }
}
