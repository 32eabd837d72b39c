import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { upTo } from '../config/up-to.js'
import type { Did, Tid } from '../../repo-engine/index.js'
import type { Tx } from '../database/database.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { FollowedAccounts } from './followed-accounts.js'
import { ForeignHosts } from './foreign-hosts.js'
import { ForeignIdentities } from './foreign-identities.js'
import { type Mirror, Mirrors } from './mirrors.js'
import { type Peer, Peers, type PeerUsage } from './peers.js'

/** How long an account that is not taken is not looked at again. */
const IGNORED_MS = 60_000
const MAX_IGNORED = 100_000
/** How long an account that lacks nothing is not looked at again, where nobody says that it does. */
const CURRENT_MS = 5_000
const MAX_CURRENT = 50_000
/** How long a count of what a peer has brought is good for. */
const USAGE_MS = 5_000

/** Accounts that are asked for at once because somebody pushes them. */
const ASKING = 16
const RETRY_SOON = { 'retry-after': '1' }

/** An account of a peer: kept here in a state, `failing`: wanted and not had so far, or `new`: to be taken in. */
export type Taken = 'current' | 'wanted' | 'failing' | 'new'

/** Where a repository is to be had from. */
export interface Source {
  peer: Peer
  /** Origin; null where nobody knows. */
  host: string | null
  /** Whether that is the server that the account lives on. */
  isHome: boolean
  /** Bytes that the peer may still bring; null: as many as it likes. */
  room: number | null
}

/** Which accounts of a peer are kept here, and how much of them may be. */
@Injectable()
export class PeerIntake {
  /** Accounts that were not taken, by peer and DID. */
  private readonly ignored = new LRUCache<string, true>({ ...upTo(MAX_IGNORED), ttl: IGNORED_MS })
  /** Accounts that are kept here and lack nothing, by peer and DID. */
  private readonly current = new LRUCache<string, true>({ ...upTo(MAX_CURRENT), ttl: CURRENT_MS })
  /** Pushed accounts whose hosts are being asked for them. */
  private asking = 0
  private readonly usages = new LRUCache<number, PeerUsage>({ max: 1_000, ttl: USAGE_MS })

  constructor(
    private readonly peers: Peers,
    private readonly mirrors: Mirrors,
    private readonly follows: FollowedAccounts,
    private readonly identities: ForeignIdentities,
    private readonly hosts: ForeignHosts,
  ) {}

  /** What an account is to a peer; null: nothing that is kept here for it. */
  async of(peer: Peer, did: Did): Promise<Taken | null> {
    const key = `${peer.id} ${did}`
    if (this.current.has(key)) return 'current'
    const mirror = await this.mirrors.find(did)
    if (mirror) {
      if (mirror.peer !== peer.id) return null
      if (mirror.state === 'current') this.current.set(key, true)
      return mirror.state === 'wanted' && mirror.attempts > 0 ? 'failing' : mirror.state
    }
    // Who is not selected now may be in a moment, by a follow: that is asked anew each time, and costs nothing.
    if (!this.isSelected(peer, did) || this.ignored.has(key)) return null
    if (await this.takes(peer, did)) return 'new'
    this.ignored.set(key, true)
    return null
  }

  /** Has the repository of an account of this peer fetched; `rev` is the newest that was heard of. */
  async want(tx: Tx, peer: Peer, did: Did, rev: Tid | null = null): Promise<void> {
    await this.mirrors.want(tx, did, peer, rev)
    tx.afterCommit(() => {
      this.usages.delete(peer.id)
      this.forget(peer, did)
    })
  }

  /** Keeps an account of this peer from now on that came by itself. */
  async adopt(tx: Tx, peer: Peer, did: Did): Promise<void> {
    if (await this.mirrors.adopt(tx, did, peer.id)) tx.afterCommit(() => this.usages.delete(peer.id))
  }

  /** Counts what an event of an account has brought. */
  async count(tx: Tx, peer: Peer, did: Did, bytes: number): Promise<void> {
    await this.mirrors.count(tx, did, bytes)
    const usage = this.usages.get(peer.id)
    if (usage) usage.bytes += bytes
  }

  /** Nothing of an account is missing: a commit has come that follows on what is here. */
  async settle(tx: Tx, did: Did): Promise<void> {
    await this.mirrors.rest(tx, did)
  }

  /** Notes what went wrong with a peer. */
  async note(tx: Tx, { id }: Peer, message: string): Promise<void> {
    await this.peers.fail(tx, id, message)
  }

  /** Where a repository is to be had from; null when its peer is none any more. */
  async sourceOf({ did, peer: id }: Mirror): Promise<Source | null> {
    const peer = (await this.peers.list()).find((candidate) => candidate.id === id)
    if (!peer) return null
    const home = (await this.identities.find(did))?.pds ?? null
    const host = peer.direction === 'pull' && !peer.relay ? peer.url : home
    return { peer, host, isHome: host === home, room: await this.room(peer) }
  }

  /**
   * The peer whose pushes of an account are accepted; null: none. Whoever pushes says nothing of who he is, and anybody can
   * make identities that name a host: of one that is new, the host itself has to know. @throws XrpcError 429
   * RateLimitExceeded when too many are being asked for
   */
  async acceptorOf(did: Did): Promise<Peer | null> {
    const mirror = await this.mirrors.find(did)
    const peers = await this.peers.list('accept')
    const own = peers.find(({ id }) => id === mirror?.peer)
    if (own) return own
    if (this.asking >= ASKING) throw new XrpcError(429, 'RateLimitExceeded', 'too many new accounts', RETRY_SOON)
    this.asking++
    try {
      for (const peer of peers) {
        if (!(await this.takes(peer, did))) continue
        if (mirror || peer.repos === 'listed' || (await this.hosts.status(peer.url, did, true)) === null) return peer
      }
      return null
    } finally {
      this.asking--
    }
  }

  /** Whether an account that is not here may be taken in from a peer. */
  async takes(peer: Peer, did: Did): Promise<boolean> {
    if (!this.isSelected(peer, did)) return false
    if (await this.mirrors.isHosted(did)) return false
    const { accounts } = await this.usage(peer.id)
    if (peer.maxAccounts !== null && accounts >= peer.maxAccounts) return false
    // A host speaks for its own accounts; only a relay brings those of others, and what the operator lists is wanted anyway.
    return peer.relay || peer.repos === 'listed' || (await this.livesAt(peer.url, did))
  }

  /** Bytes that a peer may still bring; null: as many as it likes. */
  async room(peer: Peer): Promise<number | null> {
    if (peer.maxBytes === null) return null
    return Math.max(0, peer.maxBytes - (await this.usage(peer.id)).bytes)
  }

  /** What an account is to a peer may have changed. */
  forget({ id }: Peer, did: Did): void {
    this.current.delete(`${id} ${did}`)
    this.ignored.delete(`${id} ${did}`)
  }

  private isSelected({ repos, dids }: Peer, did: Did): boolean {
    return repos === 'all' || (repos === 'listed' ? dids.includes(did) : this.follows.has(did))
  }

  private async livesAt(url: string, did: Did): Promise<boolean> {
    const known = await this.identities.find(did)
    if (known?.pds === url) return true
    // It may have moved here since, or have been too new to be known.
    return (await this.identities.find(did, true))?.pds === url
  }

  private async usage(peer: number): Promise<PeerUsage> {
    let usage = this.usages.get(peer)
    if (!usage) {
      usage = await this.peers.usage(peer)
      this.usages.set(peer, usage)
    }
    return usage
  }
}
