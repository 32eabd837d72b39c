import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { PeerPusher } from './peer-pusher.js'
import { PeerRuns } from './peer-runs.js'
import { Peers } from './peers.js'

/** Sends what happens here to every server that the operator wants it sent to. */
@Injectable()
export class Pushes implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly runs: PeerRuns

  constructor(
    peers: Peers,
    pusher: PeerPusher,
    private readonly http: HttpAdapterHost,
  ) {
    this.runs = new PeerRuns(peers, 'push', (peer, stop) => pusher.push(peer, stop))
  }

  onApplicationBootstrap(): void {
    // A command that only borrows the server's rooms sends nothing.
    if (this.http.httpAdapter) this.runs.start()
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.runs.stop()
  }
}
