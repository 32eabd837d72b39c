import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { LRUCache } from 'lru-cache'
import { upTo } from '../config/up-to.js'
import type { Did } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { CommitJudge } from './commit-judge.js'
import { ForeignAccounts } from './foreign-accounts.js'
import { type Mirror, Mirrors } from './mirrors.js'

/** How often what one account is gets looked at, whoever asks for it. */
const AGAIN_MS = 5_000
const MAX_ACCOUNTS = 50_000
/** Accounts that are looked at together. */
const AT_ONCE = 16

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
  private readonly lately = new LRUCache<string, true>({ ...upTo(MAX_ACCOUNTS), ttl: AGAIN_MS })
  private underWay = 0

  constructor(
    private readonly database: Database,
    private readonly mirrors: Mirrors,
    private readonly accounts: ForeignAccounts,
    private readonly judge: CommitJudge,
  ) {}

  /** Nothing happens where no such mirror is here. @throws XrpcError 429 RateLimitExceeded when too many are looked at already */
  async execute({ did, claimsDeleted }: LookAtAccount): Promise<void> {
    const mirror = await this.mirrors.find(did)
    const key = `${did} ${claimsDeleted}`
    if (!mirror || this.lately.has(key)) return
    if (this.underWay >= AT_ONCE)
      throw new XrpcError(429, 'RateLimitExceeded', 'too many accounts are being looked at', { 'retry-after': '1' })
    this.lately.set(key, true)
    this.underWay++
    try {
      await this.look(mirror, claimsDeleted)
    } finally {
      this.underWay--
    }
  }

  private async look({ did, peer, handle }: Mirror, claimsDeleted: boolean): Promise<void> {
    const status = await this.accounts.askHome(did, claimsDeleted)
    if (status === 'deleted') return this.accounts.delete(did)
    const news = await this.accounts.lookUp(did, handle)
    this.judge.forget(did)
    await this.database.write(async (tx) => {
      await news?.(tx)
      if (status === undefined) return
      const isBack = (await this.accounts.setStatus(tx, did, status)) && status === null
      // Whatever has happened to it since is not here.
      if (isBack) await this.mirrors.want(tx, did, { id: peer, maxAccounts: null }, null)
    })
  }
}
