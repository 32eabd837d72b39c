import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { CommitLog } from '../../commit-log/commit-log.js'
import { Database } from '../../database/database.js'
import { Identities, type Identity } from '../../identity/identities.js'
import { Accounts } from '../accounts.js'
import { identityEvent } from './identity-event.js'

/** Looks at an identity afresh. Its owner has it announced again by that; a stranger's is looked at and no more. */
export class RefreshIdentity extends Command<Identity> {
  constructor(
    readonly viewer: Did,
    readonly identifier: string,
  ) {
    super()
  }
}

/** @throws XrpcError 400 HandleNotFound, DidNotFound, DidDeactivated. */
@CommandHandler(RefreshIdentity)
export class RefreshIdentityHandler implements ICommandHandler<RefreshIdentity> {
  constructor(
    private readonly database: Database,
    private readonly identities: Identities,
    private readonly accounts: Accounts,
    private readonly log: CommitLog,
  ) {}

  async execute({ viewer, identifier }: RefreshIdentity): Promise<Identity> {
    const identity = await this.identities.find(identifier, true)
    if (identity.did === viewer)
      await this.database.write(async (tx) => {
        // A write before the read, so that the handle is the one that stands.
        await tx.run('UPDATE account SET handle = handle WHERE did = ?', viewer)
        const account = await this.accounts.byDid(viewer, tx)
        // One that is moving in is its old server's to announce.
        if (account?.status === null) await this.log.append(tx, [identityEvent(viewer, account.handle)])
      })
    return identity
  }
}
