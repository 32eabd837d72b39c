import { Injectable } from '@nestjs/common'
import type { Did, Tid } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { readRepo } from '../repo/repo-row.js'
import { FollowedAccounts } from './followed-accounts.js'
import { ForeignHosts } from './foreign-hosts.js'
import { PeerIntake } from './peer-intake.js'
import { type Peer, Peers } from './peers.js'

/** Accounts looked at between two writes. */
const AT_ONCE = 200

/** A repository as its host has listed it, or as it is looked for there. */
interface KnownThere {
  did: Did
  rev: Tid | null
  active: boolean
}

/** Finds out which repositories of a followed host are to be kept here, beyond those that its stream tells of. */
@Injectable()
export class HostScan {
  constructor(
    private readonly database: Database,
    private readonly peers: Peers,
    private readonly intake: PeerIntake,
    private readonly hosts: ForeignHosts,
    private readonly follows: FollowedAccounts,
  ) {}

  /**
   * Has everything fetched that the host has and this server lacks. To be run after the host's stream is open: what changes
   * meanwhile is told there. @throws XrpcError, FetchError as the host answers; Error when `stop` aborts
   */
  async scan(peer: Peer, stop: AbortSignal): Promise<void> {
    if (peer.repos === 'all') for await (const repos of this.hosts.repos(peer.url)) await this.look(peer, repos, stop)
    else {
      if (peer.repos === 'followed') await this.follows.update()
      await this.lookAt(peer, peer.repos === 'listed' ? peer.dids : this.follows.all(), stop)
    }
    await this.database.write((tx) => this.peers.setScanned(tx, peer.id, true))
  }

  /** Has those of some accounts fetched that this server lacks. */
  async lookAt(peer: Peer, dids: readonly Did[], stop: AbortSignal): Promise<void> {
    const repos = dids.map((did) => ({ did, rev: null, active: true }))
    await this.look(peer, repos, stop)
  }

  private async look(peer: Peer, repos: readonly KnownThere[], stop: AbortSignal): Promise<void> {
    for (let at = 0; at < repos.length; at += AT_ONCE) {
      const wanted: KnownThere[] = []
      for (const repo of repos.slice(at, at + AT_ONCE)) {
        if (await this.lacks(peer, repo)) wanted.push(repo)
        // Whose they are may have to be asked for, one by one.
        stop.throwIfAborted()
      }
      if (wanted.length === 0) continue
      await this.database.write(async (tx) => {
        for (const { did, rev } of wanted) await this.intake.want(tx, peer, did, rev)
      })
    }
  }

  private async lacks(peer: Peer, { did, rev, active }: KnownThere): Promise<boolean> {
    const taken = await this.intake.of(peer, did)
    if (taken === null) return false
    if (taken === 'new') return active
    const repo = await readRepo(this.database.read, did)
    if (!repo) return active
    // Why it is active, or is not, comes out when it is asked for.
    if ((repo.status === null) !== active) return true
    // Of one that is only listed, whether it has anything new is for the host to say.
    return rev === null || repo.rev < rev
  }
}
