import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { LRUCache } from 'lru-cache'
import type { Did } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { CommitJudge } from './commit-judge.js'
import { ForeignAccounts } from './foreign-accounts.js'
import { Mirrors } from './mirrors.js'

/** How often what one account is gets looked at, whoever asks for it. */
const AGAIN_MS = 5_000
const MAX_ACCOUNTS = 50_000

/**
 * Looks at what a mirrored account is now: under which handle, and whether it is active. Anybody may ask for it, because
 * nothing that he says counts: the DID document and the account's own host are asked.
 */
export class LookAtAccount extends Command<void> {
  /** `claimsDeleted`: whoever asks says that it is deleted, so that a host which does not know it any more confirms that. */
  constructor(
    readonly did: Did,
    readonly claimsDeleted: boolean,
  ) {
    super()
  }
}

@CommandHandler(LookAtAccount)
export class LookAtAccountHandler implements ICommandHandler<LookAtAccount> {
  private readonly lately = new LRUCache<string, true>({ max: MAX_ACCOUNTS, ttl: AGAIN_MS })

  constructor(
    private readonly database: Database,
    private readonly mirrors: Mirrors,
    private readonly accounts: ForeignAccounts,
    private readonly judge: CommitJudge,
  ) {}

  /** Never throws for what others do; nothing happens where no such mirror is here. */
  async execute({ did, claimsDeleted }: LookAtAccount): Promise<void> {
    const mirror = await this.mirrors.find(did)
    const key = `${did} ${claimsDeleted}`
    if (!mirror || this.lately.has(key)) return
    this.lately.set(key, true)
    this.judge.forget(did)
    const status = await this.accounts.askHome(did, claimsDeleted)
    if (status === 'deleted') return this.accounts.delete(did)
    const news = await this.accounts.lookUp(did, mirror.handle)
    await this.database.write(async (tx) => {
      await news?.(tx)
      if (status !== undefined) await this.accounts.setStatus(tx, did, status)
    })
  }
}
