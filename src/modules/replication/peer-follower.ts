import { Injectable, Logger } from '@nestjs/common'
import { RepoError } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { EventApplier } from './event-applier.js'
import { HostScan } from './host-scan.js'
import { HostStreams } from './host-streams.js'
import { oneLine } from './one-line.js'
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
        const message = oneLine((error as Error)?.message ?? String(error))
        if (!(error instanceof StreamEnded)) this.logger.warn(`${url}: ${message}`)
        await this.note(id, message)
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
    let isDue = false
    const scan = (): void => {
      // However often it is asked for: one that has not begun will see everything.
      if (isDue) return
      isDue = true
      scans = scans
        .then(() => {
          isDue = false
          return this.scans.scan(peer, signal)
        })
        .catch((error: unknown) => this.scanFailed(peer, error, cut))
    }
    // Without a position, what has happened since the last time is told by nobody.
    const onOpen = (): void => void ((peer.scanned && peer.position !== null) || scan())
    const cursor = peer.position
    try {
      for await (const frames of this.streams.open(peer, onOpen, signal)) {
        const back = await this.take(peer, frames, scan, signal)
        if (back !== null) await this.wentBack(peer, back, cursor)
        onEvent()
      }
    } finally {
      cut.abort()
      await scans
    }
  }

  /**
   * Takes what has come; `scan` has all of the host's repositories looked through. Gives the number at which the host has
   * gone back behind what it had said before, after which nothing is taken; null when it has not.
   */
  private async take(
    peer: Peer,
    frames: readonly Buffer[],
    scan: () => void,
    stop: AbortSignal,
  ): Promise<number | null> {
    const events: PeerEvent[] = []
    let position = peer.position ?? -1
    let back: number | null = null
    let garbled: string | null = null
    for (const frame of frames) {
      try {
        const read = readPeerFrame(frame)
        if (read.kind === 'error') await this.refused(peer, read.error, read.message)
        else if (read.kind === 'info') await this.informed(peer, read.name, scan)
        else if (read.seq !== null && read.seq < position) {
          back = read.seq
          break
        } else if (read.seq !== null) {
          // What comes again is known.
          if (isPeerEvent(read) && read.seq > position) events.push(read)
          position = read.seq
        }
      } catch (error) {
        if (!(error instanceof RepoError)) throw error
        garbled = error.message
      }
    }
    // Whatever it was, what it leaves out will be missed.
    if (garbled !== null) await this.note(peer.id, `a frame that cannot be read: ${garbled}`)
    if (position >= 0 && position !== peer.position) {
      await this.applier.apply(peer, events, position, stop)
      peer.position = position
    }
    return back
  }

  /**
   * Numbers go up. One behind where the stream was to begin says that the host has lost its log; one behind what it has said
   * since, that some of that was not so: it is asked again from there, and will tell.
   */
  private async wentBack(peer: Peer, seq: number, cursor: number | null): Promise<never> {
    if (cursor !== null && seq < cursor) await this.restart(peer)
    throw new StreamEnded(`its numbers have gone back, from ${peer.position} to ${seq}`)
  }

  /** A host that does not keep events for so long has told less than there was: what was missed is found by a scan. */
  private async informed(peer: Peer, name: string, scan: () => void): Promise<void> {
    if (name !== 'OutdatedCursor') return
    await this.database.write((tx) => this.peers.setScanned(tx, peer.id, false))
    scan()
  }

  private async refused(peer: Peer, error: string, message: string): Promise<never> {
    if (error === 'FutureCursor') await this.restart(peer)
    throw new StreamEnded(`${error}: ${message}`)
  }

  /** A host that has lost its log numbers anew: nothing of the position means anything any more. */
  private async restart({ id }: Peer): Promise<void> {
    await this.database.write(async (tx) => {
      await this.peers.move(tx, id, null)
      await this.peers.setScanned(tx, id, false)
    })
  }

  private async scanFailed({ id, url }: Peer, error: unknown, cut: AbortController): Promise<void> {
    if (cut.signal.aborted) return
    const message = oneLine(`its repositories could not be listed: ${String((error as Error)?.message ?? error)}`)
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
