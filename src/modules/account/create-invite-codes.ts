import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { ActionLog } from '../audit/action-log.js'
import { Database } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { InviteCodes, OPERATOR } from './invite-codes.js'

/** The codes of one account. */
export interface AccountCodes {
  account: string
  codes: string[]
}

const MAX_USES = 100_000
const MAX_CODES = 5_000

/**
 * The operator makes codes: so many for each of the accounts, or to give out himself where none is named. `actor` is noted as
 * who has done it.
 */
export class CreateInviteCodes extends Command<AccountCodes[]> {
  constructor(
    readonly actor: string,
    readonly codeCount: number,
    readonly useCount: number,
    readonly accounts: readonly Did[] = [],
  ) {
    super()
  }
}

/** @throws XrpcError 400 InvalidRequest for none or too many. */
@CommandHandler(CreateInviteCodes)
export class CreateInviteCodesHandler implements ICommandHandler<CreateInviteCodes> {
  constructor(
    private readonly database: Database,
    private readonly invites: InviteCodes,
    private readonly actions: ActionLog,
  ) {}

  async execute({ actor, codeCount, useCount, accounts }: CreateInviteCodes): Promise<AccountCodes[]> {
    const forAccounts = accounts.length === 0 ? [OPERATOR as typeof OPERATOR] : [...new Set(accounts)]
    if (useCount < 1 || useCount > MAX_USES) throw invalidRequest(`useCount must be between 1 and ${MAX_USES}`)
    if (codeCount < 1 || codeCount * forAccounts.length > MAX_CODES)
      throw invalidRequest(`1 to ${MAX_CODES} codes can be made at once`)
    return this.database.write(async (tx) => {
      const made: AccountCodes[] = []
      for (const account of forAccounts) {
        const codes = await this.invites.make(tx, codeCount, {
          forAccount: account,
          createdBy: OPERATOR,
          uses: useCount,
        })
        made.push({ account, codes })
        const reason = `${codeCount} of ${useCount} uses`
        await this.actions.note(tx, { actor, action: 'create-invites', subject: account, reason })
      }
      return made
    })
  }
}
