import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Clock } from '../../config/clock.js'
import { Config } from '../../config/config.js'
import { Database, type Reader } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { InviteCodes, OPERATOR } from './invite-codes.js'

/** Codes that an account may have open at a time. */
const MAX_OPEN = 5

/** Makes the codes that an account has come to be due in the course of time, by PDS_INVITE_INTERVAL and PDS_INVITE_EPOCH. */
export class ClaimInviteCodes extends Command<void> {
  constructor(readonly did: Did) {
    super()
  }
}

/**
 * What is due is counted within the write that makes it, so that two requests at once cannot both have it: the official
 * DuplicateCreate does not occur. @throws XrpcError 400 NotFound
 */
@CommandHandler(ClaimInviteCodes)
export class ClaimInviteCodesHandler implements ICommandHandler<ClaimInviteCodes> {
  constructor(
    private readonly database: Database,
    private readonly invites: InviteCodes,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async execute({ did }: ClaimInviteCodes): Promise<void> {
    if (!this.config.inviteRequired || this.config.inviteIntervalMs === null) return
    // Mostly nothing is, and then nobody has to write.
    if ((await this.due(this.database.read, did)).count <= 0) return
    await this.database.write(async (tx) => {
      await tx.run('UPDATE account SET invites_disabled = invites_disabled WHERE did = ?', did)
      const { count, disabled } = await this.due(tx, did)
      if (count > 0) await this.invites.make(tx, count, { forAccount: did, createdBy: did, uses: 1, disabled })
    })
  }

  /** How many; `disabled`: they are made to be counted, and good for nothing. */
  private async due(reader: Reader, did: Did): Promise<{ count: number; disabled: boolean }> {
    const account = await reader.get<{ createdAt: string; disabled: number }>(
      'SELECT created_at AS createdAt, invites_disabled AS disabled FROM account WHERE did = ?',
      did,
    )
    if (!account) throw invalidRequest('Account not found', 'NotFound')
    const { inviteEpoch, inviteIntervalMs } = this.config
    // What the operator has given counts for nothing here.
    const own = (await reader.get<{ open: number; sinceEpoch: number }>(
      `SELECT count(CASE WHEN disabled = 0 AND used < available THEN 1 END) AS open,
         count(CASE WHEN created_at > ? THEN 1 END) AS sinceEpoch
       FROM invite_code WHERE for_account = ? AND created_by <> ?`,
      new Date(inviteEpoch).toISOString(),
      did,
      OPERATOR,
    ))!
    const createdAt = Date.parse(account.createdAt)
    const earned = intervals(createdAt, this.clock.now(), inviteEpoch, inviteIntervalMs!)
    return { count: Math.min(MAX_OPEN - own.open, earned - own.sinceEpoch), disabled: account.disabled === 1 }
  }
}

/** The intervals of a life that have passed since the epoch, counted from its beginning. All in milliseconds. */
export function intervals(from: number, now: number, epoch: number, interval: number): number {
  return Math.floor((now - from) / interval) - Math.max(0, Math.floor((epoch - from) / interval))
}
