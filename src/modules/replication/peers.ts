import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database, type Reader, type SqlValue, type Tx } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { oneLine } from './one-line.js'

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

export const QUOTAS = ['maxAccounts', 'maxBytes', 'maxRate'] as const satisfies (keyof Quotas)[]

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
   * `pull`: the newest event of theirs that is applied or noted; null: none yet. `push`: the newest of ours that they have;
   * null: not yet all that is here, every repository is brought over once before the log is followed.
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
  /** How often something went wrong with each since the start, by its id. */
  readonly failures = new Map<number, number>()
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
    return direction === undefined ? select(reader, '') : select(reader, 'WHERE direction = ?', direction)
  }

  /** The peer of a URL in a direction, or null. */
  async find(url: string, direction: Direction, reader: Reader = this.database.read): Promise<Peer | null> {
    return (await select(reader, 'WHERE url = ? AND direction = ?', url, direction))[0] ?? null
  }

  /** All peers, in the order in which they came, each with how much of it is here. */
  async listWithUsage(): Promise<(Peer & PeerUsage)[]> {
    const peers: (Peer & PeerUsage)[] = []
    for (const peer of await this.list()) peers.push({ ...peer, ...(await this.usage(peer.id)) })
    return peers
  }

  /**
   * Adds a peer, and gives its id. A `push` begins after `position`; null is the beginning of what is here: every repository
   * is brought over once, and then the log is followed. Where there is a `listed` peer of that URL and direction already,
   * and no other quotas are asked for, its list gets these DIDs besides. @throws XrpcError 400 PeerExists for any other.
   */
  async add(tx: Tx, peer: NewPeer, position: number | null = null): Promise<number> {
    const id = (await this.insert(tx, peer, position)) ?? (await this.widen(tx, peer))
    tx.afterCommit(() => this.changed())
    return id
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

  /** Notes what went wrong with a peer, for the operator to read; `at` is milliseconds since the epoch. */
  async fail(tx: Tx, id: number, message: string, at = this.clock.now()): Promise<void> {
    await tx.run('UPDATE peer SET last_error = ?, error_at = ? WHERE id = ?', oneLine(message), at, id)
    tx.afterCommit(() => this.failures.set(id, (this.failures.get(id) ?? 0) + 1))
  }

  /** Notes that the list of repositories of a peer was looked through, or has to be again. */
  async setScanned(tx: Tx, id: number, scanned: boolean): Promise<void> {
    await tx.run('UPDATE peer SET scanned = ? WHERE id = ?', scanned ? 1 : 0, id)
  }

  /** How much of a peer is here. */
  async usage(id: number, reader: Reader = this.database.read): Promise<PeerUsage> {
    return (await reader.get<PeerUsage>(
      `SELECT count(*) AS accounts, coalesce(sum(bytes), 0) AS bytes,
         coalesce(sum(CASE state WHEN 'wanted' THEN 1 ELSE 0 END), 0) AS wanted FROM mirror WHERE peer = ?`,
      id,
    ))!
  }

  /** Null where there is one of that URL and direction. */
  private async insert(tx: Tx, peer: NewPeer, position: number | null): Promise<number | null> {
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
    if (!row) return null
    await insertDids(tx, row.id, peer.dids)
    return row.id
  }

  /** Puts the DIDs of `peer` on the list of the one that there is. */
  private async widen(tx: Tx, peer: NewPeer): Promise<number> {
    const { url, direction } = peer
    const existing = (await this.find(url, direction, tx))!
    if (!isMoreOf(existing, peer))
      throw invalidRequest(
        `there is a peer ${url} to ${direction} already: remove it first to have it otherwise`,
        'PeerExists',
      )
    const listed = new Set(existing.dids)
    const more = peer.dids.filter((did) => !listed.has(did))
    if (more.length === 0) return existing.id
    if (direction === 'push') {
      // What is listed now has to be brought over from its beginning. Under an id of its own, so that a position which is
      // still on its way to be noted for the shorter list does not count for this one.
      await this.remove(tx, url, direction)
      return (await this.insert(tx, { ...existing, dids: [...existing.dids, ...more] }, null))!
    }
    await insertDids(tx, existing.id, more)
    await tx.run('UPDATE peer SET scanned = 0 WHERE id = ?', existing.id)
    return existing.id
  }

  private changed(): void {
    for (const changed of this.listeners) changed()
  }
}

async function select(reader: Reader, where: string, ...values: SqlValue[]): Promise<Peer[]> {
  const rows = await reader.all<Row>(`SELECT ${COLUMNS} FROM peer ${where} ORDER BY id`, ...values)
  const listed = await reader.all<{ peer: number; did: Did }>(
    `SELECT peer, did FROM peer_repo WHERE peer IN (SELECT id FROM peer ${where}) ORDER BY did`,
    ...values,
  )
  const dids = new Map<number, Did[]>(rows.map(({ id }) => [id, []]))
  for (const { peer, did } of listed) dids.get(peer)?.push(did)
  return rows.map((row) => ({
    ...row,
    relay: row.relay === 1,
    scanned: row.scanned === 1,
    dids: dids.get(row.id)!,
  }))
}

async function insertDids(tx: Tx, peer: number, dids: readonly Did[]): Promise<void> {
  for (const did of new Set(dids)) await tx.run('INSERT INTO peer_repo (peer, did) VALUES (?, ?)', peer, did)
}

/** Whether a peer that is asked for is nothing but more DIDs for one that is there. */
function isMoreOf(existing: Peer, asked: NewPeer): boolean {
  return (
    existing.repos === 'listed' &&
    asked.repos === 'listed' &&
    (existing.relay || !asked.relay) &&
    QUOTAS.every((quota) => asked[quota] === null || asked[quota] === existing[quota])
  )
}

/** Of a host name in DNS. */
const MAX_HOSTNAME = 253

/** The origin that a peer's address means, `https://` where it has no scheme. @throws XrpcError 400 InvalidRequest. */
export function parsePeerUrl(text: string): string {
  const url = URL.parse(/^https?:\/\//i.test(text) ? text : `https://${text}`)
  const more = url && (url.username || url.password || url.pathname !== '/' || url.search || url.hash)
  if (!url?.hostname || url.hostname.length > MAX_HOSTNAME || more)
    throw invalidRequest(`not the address of a server: ${text.slice(0, 200)}`)
  return url.origin
}
