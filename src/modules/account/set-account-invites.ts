import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { ActionLog } from '../audit/action-log.js'
import { Database } from '../database/database.js'
import { InviteCodes } from './invite-codes.js'

/**
 * Lets an account invite others from now on, or not. The codes that it has stay as they are. `actor` is noted as who has done
 * it, `note` as why.
 */
export class SetAccountInvites extends Command<void> {
  constructor(
    readonly actor: string,
    readonly did: Did,
    readonly enabled: boolean,
    readonly note?: string,
  ) {
    super()
  }
}

/** @throws XrpcError 400 AccountNotFound. */
@CommandHandler(SetAccountInvites)
export class SetAccountInvitesHandler implements ICommandHandler<SetAccountInvites> {
  constructor(
    private readonly database: Database,
    private readonly invites: InviteCodes,
    private readonly actions: ActionLog,
  ) {}

  execute({ actor, did, enabled, note }: SetAccountInvites): Promise<void> {
    const action = enabled ? 'enable-account-invites' : 'disable-account-invites'
    return this.database.write(async (tx) => {
      await this.invites.setEnabled(tx, did, enabled)
      await this.actions.note(tx, { actor, action, subject: did, reason: note })
    })
  }
}
