import { setTimeout as delay } from 'node:timers/promises'
import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { FollowedAccounts } from './followed-accounts.js'
import { HostScan } from './host-scan.js'
import { PeerFollower } from './peer-follower.js'
import { PeerRuns } from './peer-runs.js'
import { type Peer, Peers } from './peers.js'

/** Between two looks at whom the accounts here follow. */
const FOLLOWS_MS = 1_000

/** Follows every host that the operator wants followed, and whoever is followed by an account here where that is wanted. */
@Injectable()
export class Pulls implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Peers')
  private readonly runs: PeerRuns

  constructor(
    peers: Peers,
    private readonly follower: PeerFollower,
    private readonly follows: FollowedAccounts,
    private readonly scans: HostScan,
    private readonly http: HttpAdapterHost,
  ) {
    this.runs = new PeerRuns(peers, 'pull', (peer, stop) => this.pull(peer, stop))
  }

  onApplicationBootstrap(): void {
    // A command that only borrows the server's rooms follows nobody.
    if (this.http.httpAdapter) this.runs.start()
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.runs.stop()
  }

  private async pull(peer: Peer, stop: AbortSignal): Promise<void> {
    const watching = peer.repos === 'followed' ? this.watchFollows(peer, stop) : undefined
    await this.follower.follow(peer, stop)
    await watching
  }

  /** Whoever is followed from now on is looked for at this peer. */
  private async watchFollows(peer: Peer, stop: AbortSignal): Promise<void> {
    let seen = 0
    while (!stop.aborted) {
      try {
        await this.follows.update()
        const fresh = this.follows.since(seen)
        await this.scans.lookAt(peer, fresh, stop)
        seen += fresh.length
      } catch (error) {
        if (!stop.aborted) this.logger.error(error)
      }
      await delay(FOLLOWS_MS, undefined, { signal: stop }).catch(() => undefined)
    }
  }
}
