import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Sessions } from '../../auth/sessions.js'
import { Database, type Tx } from '../../database/database.js'
import { RepoTips } from '../../repo/repo-tips.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { AccountErasure } from './account-erasure.js'
import { AccountGenesis } from '../sign-up/account-genesis.js'

export interface DeletedAccount {
  /** Waits until nothing is left of it but the event that says so. */
  erased(): Promise<void>
}

/**
 * Deletes an account, or a repository that is archived here. With `plannedBy`, a moment in milliseconds: only if its owner
 * has it deactivated and has planned that for then or before.
 */
export class DeleteAccount extends Command<DeletedAccount> {
  constructor(
    readonly did: Did,
    readonly plannedBy: number | null = null,
  ) {
    super()
  }
}

/**
 * One short write makes an end: nobody can sign in, read the repository or write to it, its names are free, its key is
 * gone, and the log says that it is deleted. What it leaves is removed after that, in the background. Its identity
 * is its own: nothing is said to the PLC directory.
 */
@CommandHandler(DeleteAccount)
export class DeleteAccountHandler implements ICommandHandler<DeleteAccount> {
  constructor(
    private readonly tips: RepoTips,
    private readonly database: Database,
    private readonly sessions: Sessions,
    private readonly genesis: AccountGenesis,
    private readonly erasure: AccountErasure,
  ) {}

  /** Resolves when the account is gone for everybody. @throws XrpcError 400 AccountNotFound. */
  execute({ did, plannedBy }: DeleteAccount): Promise<DeletedAccount> {
    return this.tips.alone(did, async () => {
      const promise = await this.database.write(async (tx) => {
        if (!(await takePlan(tx, did, plannedBy))) return null
        await this.sessions.revokeAll(tx, did)
        const reserved = await this.genesis.cancel(tx, did)
        const begun = await this.erasure.begin(tx, did)
        if (!reserved && begun === null) throw invalidRequest(`Could not find account: ${did}`, 'AccountNotFound')
        return begun
      })
      return { erased: async () => (promise === null ? undefined : this.erasure.finished(promise)) }
    })
  }
}

/** Takes the plan away. False where the deletion goes by the plan, and there is none any more. */
async function takePlan(tx: Tx, did: Did, plannedBy: number | null): Promise<boolean> {
  const taken = await tx.run(
    `DELETE FROM planned_deletion WHERE did = ? AND (? IS NULL OR
       (due_at <= ? AND EXISTS (SELECT 1 FROM repo WHERE repo.did = planned_deletion.did AND status = 'deactivated')))`,
    did,
    plannedBy,
    plannedBy,
  )
  return plannedBy === null || taken > 0
}
