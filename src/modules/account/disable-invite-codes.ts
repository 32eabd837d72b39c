import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { ActionLog } from '../audit/action-log.js'
import { Database } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { InviteCodes, OPERATOR } from './invite-codes.js'

const MAX_NAMED = 1_000

/**
 * Takes codes back: some by their names, and all those of some accounts (DIDs). Unknown ones are passed over. `actor` is noted
 * as who has done it.
 */
export class DisableInviteCodes extends Command<void> {
  constructor(
    readonly actor: string,
    readonly codes: readonly string[] = [],
    readonly accounts: readonly string[] = [],
  ) {
    super()
  }
}

/** @throws XrpcError 400 InvalidRequest for all those of the operator, or for too many. */
@CommandHandler(DisableInviteCodes)
export class DisableInviteCodesHandler implements ICommandHandler<DisableInviteCodes> {
  constructor(
    private readonly database: Database,
    private readonly invites: InviteCodes,
    private readonly actions: ActionLog,
  ) {}

  async execute({ actor, codes, accounts }: DisableInviteCodes): Promise<void> {
    if (accounts.includes(OPERATOR)) throw invalidRequest('cannot disable admin invite codes')
    if (codes.length + accounts.length > MAX_NAMED) throw invalidRequest(`Name ${MAX_NAMED} at most`)
    await this.database.write(async (tx) => {
      await this.invites.disable(tx, codes, accounts)
      for (const subject of [...codes, ...accounts])
        await this.actions.note(tx, { actor, action: 'disable-invites', subject })
    })
  }
}
