import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { InviteCodes } from './invite-codes.js'

/** Lets an account invite others from now on, or not. The codes that it has stay as they are. */
export class SetAccountInvites extends Command<void> {
  constructor(
    readonly did: Did,
    readonly enabled: boolean,
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
  ) {}

  execute({ did, enabled }: SetAccountInvites): Promise<void> {
    return this.database.write((tx) => this.invites.setEnabled(tx, did, enabled))
  }
}
