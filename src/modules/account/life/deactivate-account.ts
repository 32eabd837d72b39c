import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { CommitLog } from '../../commit-log/commit-log.js'
import { Clock } from '../../config/clock.js'
import { Database } from '../../database/database.js'
import { setOwnStatus } from '../../repo/repo-status.js'
import { RepoTips } from '../../repo/repo-tips.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { PlannedDeletions } from './planned-deletions.js'

/**
 * Deletion by the owner in person takes the password and a code. This way takes a session alone, which may be stolen: so
 * there is time to find out and to come back.
 */
const LEAST_WAIT_MS = 3 * 24 * 60 * 60 * 1000

/**
 * Makes an account inactive, in its owner's name. After `deleteAfter` (RFC 3339), and three days at least, it is deleted;
 * null: it is not.
 */
export class DeactivateAccount extends Command<void> {
  constructor(
    readonly did: Did,
    readonly deleteAfter: string | null,
  ) {
    super()
  }
}

/** One that is deactivated already gets another time of deletion, or none. */
@CommandHandler(DeactivateAccount)
export class DeactivateAccountHandler implements ICommandHandler<DeactivateAccount> {
  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    private readonly tips: RepoTips,
    private readonly deletions: PlannedDeletions,
    private readonly clock: Clock,
  ) {}

  /** @throws XrpcError 400 InvalidRequest for a time that has passed */
  async execute({ did, deleteAfter }: DeactivateAccount): Promise<void> {
    const wanted = deleteAfter === null ? null : Date.parse(deleteAfter)
    const now = this.clock.now()
    // Deletion cannot be taken back: a wrong clock, or a wrong year, is no reason to begin with it at once.
    if (wanted !== null && !(wanted > now)) throw invalidRequest('deleteAfter must be in the future')
    const dueAt = wanted === null ? null : Math.max(wanted, now + LEAST_WAIT_MS)
    await this.tips.alone(did, () =>
      this.database.write(async (tx) => {
        await this.deletions.plan(tx, did, dueAt)
        await setOwnStatus(tx, this.log, did, 'hosted', 'deactivated')
      }),
    )
  }
}
