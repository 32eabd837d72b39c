import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database, type Reader, type Tx } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'

/** `pull`: followed from here · `push`: sent to from here · `accept`: may push to here what is hosted there. */
export type Direction = 'pull' | 'push' | 'accept'
/** `all` of a host · those `listed` · `followed`: whoever an account here follows. */
export type Selection = 'all' | 'listed' | 'followed'

/** Most that a peer may bring; null: as much as it likes. */
export interface Quotas {
  maxAccounts: number | null
  maxBytes: number | null
  /** Events a second. */
  maxRate: number | null
}

/** Another server, in one direction. */
export interface NewPeer extends Quotas {
  /** Its origin, without a slash at its end. */
  url: string
  direction: Direction
  repos: Selection
  /** Of `listed`. */
  dids: readonly Did[]
  /** It passes on what other hosts say; what it says of an account is not the account's own host's word. */
  relay: boolean
}

export interface Peer extends NewPeer {
  id: number
  /**
   * `pull`: the newest event of theirs that is applied or noted; null: none yet. `push`: the newest of ours that they have.
   */
  position: number | null
  /** Of `pull`: their list of repositories was looked through. */
  scanned: boolean
  lastError: string | null
  /** Milliseconds since the epoch. */
  errorAt: number | null
}

/** How much of it is here. */
export interface PeerUsage {
  accounts: number
  bytes: number
  /** Repositories that are to be fetched. */
  wanted: number
}

interface Row extends Omit<Peer, 'dids' | 'relay' | 'scanned'> {
  relay: number
  scanned: number
}

const COLUMNS = `id, url, direction, repos, relay, position, scanned, max_accounts AS "maxAccounts", max_bytes AS "maxBytes",
  max_rate AS "maxRate", last_error AS "lastError", error_at AS "errorAt"`

/** The servers that repositories are had from or sent to. Whoever runs with them listens for what changes here. */
@Injectable()
export class Peers {
  private readonly listeners: (() => void)[] = []

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** `changed` is called after every change of what peers there are. It must not throw. */
  subscribe(changed: () => void): void {
    this.listeners.push(changed)
  }

  /** All peers, or those of one direction, in the order in which they came. */
  async list(direction?: Direction, reader: Reader = this.database.read): Promise<Peer[]> {
    const rows =
      direction === undefined
        ? await reader.all<Row>(`SELECT ${COLUMNS} FROM peer ORDER BY id`)
        : await reader.all<Row>(`SELECT ${COLUMNS} FROM peer WHERE direction = ? ORDER BY id`, direction)
    const peers: Peer[] = []
    for (const row of rows) {
      const dids = await reader.all<{ did: Did }>('SELECT did FROM peer_repo WHERE peer = ? ORDER BY did', row.id)
      peers.push({
        ...row,
        relay: row.relay === 1,
        scanned: row.scanned === 1,
        dids: dids.map(({ did }) => did),
      })
    }
    return peers
  }

  /** The peer of a URL in a direction, or null. */
  async find(url: string, direction: Direction, reader?: Reader): Promise<Peer | null> {
    return (await this.list(direction, reader)).find((peer) => peer.url === url) ?? null
  }

  /** Adds a peer. A `push` begins at `position`, null for all there is. @throws XrpcError 400 PeerExists. */
  async add(tx: Tx, peer: NewPeer, position: number | null = null): Promise<number> {
    const row = await tx.get<{ id: number }>(
      `INSERT INTO peer (url, direction, repos, relay, max_accounts, max_bytes, max_rate, position)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
      peer.url,
      peer.direction,
      peer.repos,
      peer.relay ? 1 : 0,
      peer.maxAccounts,
      peer.maxBytes,
      peer.maxRate,
      position,
    )
    if (!row) throw invalidRequest(`there is a peer ${peer.url} to ${peer.direction} already`, 'PeerExists')
    for (const did of peer.dids) await tx.run('INSERT INTO peer_repo (peer, did) VALUES (?, ?)', row.id, did)
    tx.afterCommit(() => this.changed())
    return row.id
  }

  /**
   * Forgets a peer. What was had from it stays here, and is not kept up to date any more. False when there is none.
   */
  async remove(tx: Tx, url: string, direction: Direction): Promise<boolean> {
    const row = await tx.get<{ id: number }>(
      'DELETE FROM peer WHERE url = ? AND direction = ? RETURNING id',
      url,
      direction,
    )
    if (!row) return false
    await tx.run('DELETE FROM peer_repo WHERE peer = ?', row.id)
    await tx.run('DELETE FROM mirror WHERE peer = ?', row.id)
    tx.afterCommit(() => this.changed())
    return true
  }

  /** Notes how far a peer has come. */
  async move(tx: Tx, id: number, position: number | null): Promise<void> {
    await tx.run('UPDATE peer SET position = ? WHERE id = ?', position, id)
  }

  /** Notes what went wrong with a peer, for the operator to read. */
  async fail(tx: Tx, id: number, message: string): Promise<void> {
    const now = this.clock.now()
    await tx.run('UPDATE peer SET last_error = ?, error_at = ? WHERE id = ?', message.slice(0, 500), now, id)
  }

  /** Notes that the list of repositories of a peer was looked through, or has to be again. */
  async setScanned(tx: Tx, id: number, scanned: boolean): Promise<void> {
    await tx.run('UPDATE peer SET scanned = ? WHERE id = ?', scanned ? 1 : 0, id)
  }

  async usage(id: number, reader: Reader = this.database.read): Promise<PeerUsage> {
    return (await reader.get<PeerUsage>(
      `SELECT count(*) AS accounts, coalesce(sum(bytes), 0) AS bytes,
         coalesce(sum(CASE state WHEN 'wanted' THEN 1 ELSE 0 END), 0) AS wanted FROM mirror WHERE peer = ?`,
      id,
    ))!
  }

  private changed(): void {
    for (const changed of this.listeners) changed()
  }
}

/** The origin that a peer's address means, `https://` where it has no scheme. @throws XrpcError 400 InvalidRequest. */
export function parsePeerUrl(text: string): string {
  const url = URL.parse(/^https?:\/\//i.test(text) ? text : `https://${text}`)
  if (!url?.hostname || url.username || url.password || url.pathname !== '/' || url.search || url.hash)
    throw invalidRequest(`not the address of a server: ${text.slice(0, 200)}`)
  return url.origin
}
