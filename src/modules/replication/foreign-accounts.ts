import { Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import type { Did, Handle } from '../../repo-engine/index.js'
import { DeleteAccount } from '../account/life/delete-account.js'
import { CommitLog } from '../commit-log/commit-log.js'
import { identityFrame } from '../commit-log/frame.js'
import type { Tx } from '../database/database.js'
import type { RepoStatus } from '../repo/repo-row.js'
import { setOwnStatus } from '../repo/repo-status.js'
import type { AccountStatus } from './account-status.js'
import { ForeignHosts } from './foreign-hosts.js'
import { ForeignIdentities } from './foreign-identities.js'
import { Mirrors } from './mirrors.js'
import type { Peer } from './peers.js'

/** What is known of accounts that live elsewhere besides their repositories: names, and whether they are active. */
@Injectable()
export class ForeignAccounts {
  constructor(
    private readonly log: CommitLog,
    private readonly mirrors: Mirrors,
    private readonly identities: ForeignIdentities,
    private readonly hosts: ForeignHosts,
    private readonly commands: CommandBus,
  ) {}

  /**
   * Looks up under which handle an account goes now; gives what says so in the log, or null where that is the `known` one,
   * or nobody can tell.
   */
  async lookUp(did: Did, known?: Handle | null): Promise<((tx: Tx) => Promise<void>) | null> {
    const handle = await this.identities.handleOf(did)
    return handle === undefined || handle === known ? null : (tx) => this.tell(tx, did, handle)
  }

  /**
   * The status that an account has, when a peer says that it has `told`; undefined where nothing is to be done. What its own
   * host says counts; of what others say, only what that host confirms.
   */
  async confirmed(peer: Pick<Peer, 'url'>, did: Did, told: AccountStatus): Promise<AccountStatus> {
    if (told === undefined) return undefined
    const identity = await this.identities.find(did, true)
    return identity?.pds === peer.url ? told : this.askHome(did, told === 'deleted')
  }

  /** The status that an account has by its own host; `orGone`: one that the host does not know counts as deleted. */
  async askHome(did: Did, orGone: boolean): Promise<AccountStatus> {
    const identity = await this.identities.find(did, true)
    return identity?.pds ? this.hosts.status(identity.pds, did, orGone) : undefined
  }

  /**
   * Makes the status of a mirrored account what its host says. One that the operator here has taken down stays so. False
   * where nothing has changed.
   */
  async setStatus(tx: Tx, did: Did, status: Exclude<RepoStatus, 'deleted'> | null): Promise<boolean> {
    return setOwnStatus(tx, this.log, did, 'mirrored', status)
  }

  /** Honours a deletion: the repository goes with everything that it has here. Nothing where there is none. */
  async delete(did: Did): Promise<void> {
    if (await this.mirrors.isHere(did)) await this.commands.execute(new DeleteAccount(did))
    else await this.mirrors.forget(did)
  }

  private async tell(tx: Tx, did: Did, handle: Handle | null): Promise<void> {
    await this.mirrors.nameHandle(tx, did, handle)
    const frame = identityFrame(did, handle)
    await this.log.append(tx, [{ ...BARE, did, kind: 'identity', frame, detail: { handle } }])
  }
}

/** An event of an account that lives elsewhere; it moves no head. */
const BARE = { rev: null, cid: null, event: null, hosted: false } as const
