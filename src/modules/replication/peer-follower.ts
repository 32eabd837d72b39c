import { Injectable, Logger } from '@nestjs/common'
import { RepoError } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { EventApplier } from './event-applier.js'
import { HostScan } from './host-scan.js'
import { HostStreams } from './host-streams.js'
import { isPeerEvent, type PeerEvent, readPeerFrame } from './peer-events.js'
import { StreamEnded } from './peer-stream.js'
import { type Peer, Peers } from './peers.js'
import { RetryWaits } from './retry.js'

/** Follows a host: its stream from where it was left, for as long as it is wanted. */
@Injectable()
export class PeerFollower {
  private readonly logger = new Logger('Peers')
  private readonly waits = new RetryWaits()

  constructor(
    private readonly database: Database,
    private readonly peers: Peers,
    private readonly applier: EventApplier,
    private readonly scans: HostScan,
    private readonly streams: HostStreams,
  ) {}

  /** Resolves when `stop` aborts. Whatever goes wrong is noted with the peer, and tried again at growing intervals. */
  async follow({ id, url }: Peer, stop: AbortSignal): Promise<void> {
    for (let failures = 0; !stop.aborted;) {
      let heard = false
      try {
        const peer = await this.peers.find(url, 'pull')
        if (peer?.id !== id) return
        await this.listen(peer, stop, () => (heard = true))
      } catch (error) {
        if (stop.aborted) return
        failures = heard ? 1 : failures + 1
        // An end is no news: servers are restarted.
        if (!(error instanceof StreamEnded)) this.logger.warn(`${url}: ${String((error as Error)?.message ?? error)}`)
        await this.note(id, (error as Error)?.message ?? String(error))
      }
      await this.waits.wait(id, failures, stop)
    }
  }

  /** A host that is waited for is tried now: it says that it is there. */
  hurry(id: number): void {
    this.waits.hurry(id)
  }

  /** One connection, to its end. @throws StreamEnded; whatever the database throws */
  private async listen(peer: Peer, stop: AbortSignal, onEvent: () => void): Promise<void> {
    const cut = new AbortController()
    const signal = AbortSignal.any([stop, cut.signal])
    let scans: Promise<void> = Promise.resolve()
    const scan = (): void => {
      scans = scans
        .then(() => this.scans.scan(peer, signal))
        .catch((error: unknown) => this.scanFailed(peer, error, cut))
    }
    // Without a position, what has happened since the last time is told by nobody.
    const onOpen = (): void => void ((peer.scanned && peer.position !== null) || scan())
    try {
      for await (const frames of this.streams.open(peer, onOpen, signal)) {
        await this.take(peer, frames, scan)
        onEvent()
      }
    } finally {
      cut.abort()
      await scans
    }
  }

  /** `scan` has all of the host's repositories looked through. */
  private async take(peer: Peer, frames: readonly Buffer[], scan: () => void): Promise<void> {
    const events: PeerEvent[] = []
    let position = peer.position ?? -1
    for (const frame of frames) {
      try {
        const read = readPeerFrame(frame)
        if (isPeerEvent(read)) {
          // Numbers go up; what comes again is known.
          if (read.seq > position) events.push(read)
          position = Math.max(position, read.seq)
        } else if (read.kind === 'error') await this.refused(peer, read.error, read.message)
        else if (read.kind === 'info') await this.informed(peer, read.name, scan)
        else position = Math.max(position, read.seq ?? -1)
      } catch (error) {
        if (!(error instanceof RepoError)) throw error
        // Whatever it was, what it leaves out will be missed.
        await this.note(peer.id, `a frame that cannot be read: ${error.message}`)
      }
    }
    if (position < 0 || position === peer.position) return
    await this.applier.apply(peer, events, position)
    peer.position = position
  }

  /** A host that does not keep events for so long has told less than there was: what was missed is found by a scan. */
  private async informed(peer: Peer, name: string, scan: () => void): Promise<void> {
    if (name !== 'OutdatedCursor') return
    await this.database.write((tx) => this.peers.setScanned(tx, peer.id, false))
    scan()
  }

  private async refused(peer: Peer, error: string, message: string): Promise<never> {
    // A host whose numbers have gone back has lost its log: nothing of the position means anything any more.
    if (error === 'FutureCursor')
      await this.database.write(async (tx) => {
        await this.peers.move(tx, peer.id, null)
        await this.peers.setScanned(tx, peer.id, false)
      })
    throw new StreamEnded(`${error}: ${message}`)
  }

  private async scanFailed({ id, url }: Peer, error: unknown, cut: AbortController): Promise<void> {
    if (cut.signal.aborted) return
    const message = `its repositories could not be listed: ${String((error as Error)?.message ?? error)}`
    this.logger.warn(`${url}: ${message}`)
    await this.note(id, message)
    cut.abort()
  }

  private async note(id: number, message: string): Promise<void> {
    await this.database
      .write((tx) => this.peers.fail(tx, id, message))
      .catch((error: unknown) => this.logger.error(error))
  }
}
