import { Logger } from '@nestjs/common'
import type { Direction, Peer, Peers } from './peers.js'

interface Run {
  peer: Peer
  stop: AbortController
  done: Promise<void>
}

/** Keeps something running for every peer of one direction, from when it is added until it is removed. */
export class PeerRuns {
  private readonly logger = new Logger('Peers')
  private readonly runs = new Map<number, Run>()
  private looking: Promise<void> = Promise.resolve()
  private stopped = false

  /** `run` ends when `stop` aborts. */
  constructor(
    private readonly peers: Peers,
    private readonly direction: Direction,
    private readonly run: (peer: Peer, stop: AbortSignal) => Promise<void>,
  ) {}

  start(): void {
    this.peers.subscribe(() => this.look())
    this.look()
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.stopped = true
    for (const { stop } of this.runs.values()) stop.abort()
    await this.looking
    await Promise.all([...this.runs.values()].map(({ done }) => done))
  }

  private look(): void {
    this.looking = this.looking.then(() => this.settle()).catch((error: unknown) => this.logger.error(error))
  }

  private async settle(): Promise<void> {
    const wanted = new Map((await this.peers.list(this.direction)).map((peer) => [peer.id, peer]))
    if (this.stopped) return
    // Those that are wanted otherwise begin again when they have ended.
    for (const [id, { peer, stop }] of this.runs) if (!isSame(peer, wanted.get(id))) stop.abort()
    for (const peer of wanted.values()) if (!this.runs.has(peer.id)) this.begin(peer)
  }

  private begin(peer: Peer): void {
    const stop = new AbortController()
    const done = this.run(peer, stop.signal)
      .catch((error: unknown) => this.logger.error(error))
      .finally(() => {
        this.runs.delete(peer.id)
        if (stop.signal.aborted && !this.stopped) this.look()
      })
    this.runs.set(peer.id, { peer, stop, done })
  }
}

function isSame(peer: Peer, other: Peer | undefined): boolean {
  return other !== undefined && String(peer.dids) === String(other.dids)
}
