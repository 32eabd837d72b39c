import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { CommitLog } from '../../commit-log/commit-log.js'
import { Database } from '../../database/database.js'
import { activateRepo } from '../../repo/repo-status.js'
import { RepoTips } from '../../repo/repo-tips.js'
import { invalidRequest, unauthorized } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'
import { Credentials } from '../identity/credentials.js'
import { identityEvent } from '../identity/identity-event.js'

/** Makes an account active: one that has moved in, or one that its owner had deactivated. */
export class ActivateAccount extends Command<void> {
  constructor(readonly did: Did) {
    super()
  }
}

/**
 * The log is told the status, the identity and the head in one append, so that nobody hears of one without the others. An
 * account that is active already is told of again. A deletion that was planned is off.
 */
@CommandHandler(ActivateAccount)
export class ActivateAccountHandler implements ICommandHandler<ActivateAccount> {
  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    private readonly tips: RepoTips,
    private readonly accounts: Accounts,
    private readonly credentials: Credentials,
  ) {}

  /** @throws XrpcError 400 AccountNotFound; as {@link Credentials.assertHere}; 401 AccountTakedown */
  async execute({ did }: ActivateAccount): Promise<void> {
    await this.credentials.assertHere(did)
    // In its turn: whoever has formatted on a repository that was not active begins anew.
    await this.tips.alone(did, () =>
      this.database.write(async (tx) => {
        await tx.run('DELETE FROM planned_deletion WHERE did = ?', did)
        const events = await activateRepo(tx, did)
        const account = await this.accounts.byDid(did, tx)
        if (!account) throw invalidRequest('user not found', 'AccountNotFound')
        if (!events) throw unauthorized('Account has been taken down', 'AccountTakedown')
        const [status, head] = events
        await this.log.append(tx, [status!, identityEvent(did, account.handle), head!])
      }),
    )
  }
}
