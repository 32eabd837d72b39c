import { setTimeout as delay } from 'node:timers/promises'
import { Injectable, Logger } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { CommitLog, type LogRow } from '../commit-log/commit-log.js'
import { Database } from '../database/database.js'
import { FetchError } from '../identity/safe-fetch.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { oneLine } from './one-line.js'
import { PeerStates } from './peer-states.js'
import { type Peer, Peers } from './peers.js'
import { RepoSender } from './repo-sender.js'
import { retryMs } from './retry.js'

/** Accounts whose news are sent at once. */
const AT_ONCE = 8
const PAGE = 100
/** When a host says that it is too much. */
const SLOWER_MS = 1_000
const MAX_SLOWER = 30

/**
 * Sends what happens here to another server: the log read from the position that this peer has come to, which moves when
 * what was read has arrived. The log is the outbox: after a crash, or an end of the network, it goes on from there, and what
 * was sent already is known on the other side.
 */
@Injectable()
export class PeerPusher {
  private readonly logger = new Logger('Peers')

  constructor(
    private readonly database: Database,
    private readonly peers: Peers,
    private readonly log: CommitLog,
    private readonly sender: RepoSender,
    private readonly states: PeerStates,
  ) {}

  /** Resolves when `stop` aborts. Whatever goes wrong is noted with the peer, and tried again at growing intervals. */
  async push({ id, url }: Peer, stop: AbortSignal): Promise<void> {
    let failures = 0
    while (!stop.aborted) {
      try {
        const peer = await this.peers.find(url, 'push')
        if (peer?.id !== id) break
        await this.run(peer, stop, () => (failures = 0))
      } catch (error) {
        if (stop.aborted) break
        failures++
        const message = oneLine((error as Error)?.message ?? String(error))
        if (!(error instanceof FetchError)) this.logger.warn(`${url}: ${message}`)
        await this.note(id, message)
        this.states.set(id, { connection: 'waiting' })
        await delay(retryMs(failures), undefined, { signal: stop }).catch(() => undefined)
      }
    }
    this.states.forget(id)
  }

  private async run(peer: Peer, stop: AbortSignal, onSent: () => void): Promise<void> {
    this.states.set(peer.id, { connection: 'connecting' })
    let position = peer.position ?? (await this.bringOver(peer, stop))
    for await (const rows of this.log.tail(position, stop)) {
      position = rows.at(-1)!.seq
      this.states.set(peer.id, { newest: position })
      await this.send(peer, newsOf(peer, rows), stop)
      await this.arrived(peer, position, rows.length)
      onSent()
    }
  }

  /** Every repository that is hosted here, once; gives the position after which the log is followed. */
  private async bringOver(peer: Peer, stop: AbortSignal): Promise<number> {
    const position = await this.log.lastSeq()
    for (let after = 0; ;) {
      const repos = await this.database.read.all<{ id: number; did: Did }>(
        "SELECT id, did FROM repo WHERE id > ? AND hosting = 'hosted' AND status IS NULL ORDER BY id LIMIT ?",
        after,
        PAGE,
      )
      if (repos.length === 0) break
      after = repos.at(-1)!.id
      await this.send(
        peer,
        new Map(repos.filter(({ did }) => isSelected(peer, did)).map(({ did }) => [did, null])),
        stop,
      )
    }
    await this.arrived(peer, position, 0)
    return position
  }

  private async arrived({ id }: Peer, position: number, events: number): Promise<void> {
    await this.database.write((tx) => this.peers.move(tx, id, position))
    this.states.set(id, { connection: 'connected', events: this.states.of(id).events + events })
  }

  /** Sends news by account, several accounts at once; null: all there is. @throws FetchError, XrpcError 5xx */
  private async send(peer: Peer, news: ReadonlyMap<Did, LogRow[] | null>, stop: AbortSignal): Promise<void> {
    const left = news.entries()
    const work = async (): Promise<void> => {
      for (const [did, rows] of left) await this.sendOne(peer, did, rows, stop)
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, news.size) }, work))
  }

  private async sendOne({ id, url }: Peer, did: Did, rows: LogRow[] | null, stop: AbortSignal): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        if (rows) await this.sender.send(url, did, rows, stop)
        else await this.sender.sendRepo(url, did, stop)
        return
      } catch (error) {
        stop.throwIfAborted()
        if (!(error instanceof XrpcError) || error.status >= 500) throw error
        if (error.status === 429 && tries < MAX_SLOWER) await delay(SLOWER_MS, undefined, { signal: stop })
        // What is refused for good holds up nobody else; with its next event the account is tried again.
        else return this.note(id, `${did} was refused: ${error.error}: ${error.message}`)
      }
    }
  }

  private async note(id: number, message: string): Promise<void> {
    await this.database.write((tx) => this.peers.fail(tx, id, message))
  }
}

/** What of some events is to be sent, by account, in the order in which each account's first one comes. */
function newsOf(peer: Peer, rows: readonly LogRow[]): Map<Did, LogRow[]> {
  const news = new Map<Did, LogRow[]>()
  for (const row of rows) {
    const did = row.did as Did
    if (row.hosted !== 1 || row.kind === 'part' || !isSelected(peer, did)) continue
    const before = news.get(did)
    if (before) before.push(row)
    else news.set(did, [row])
  }
  return news
}

function isSelected({ repos, dids }: Peer, did: Did): boolean {
  return repos === 'all' || dids.includes(did)
}
