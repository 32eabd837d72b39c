import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { Database } from '../database/database.js'
import { type Peer, Peers, type PeerUsage } from '../replication/peers.js'
import type { BlobFigures, RepoFigures } from './figures.js'
import { NowAndThen } from './now-and-then.js'

/** Rows that are counted between two turns of other work. */
const SLICE = 5_000

type BlobCounts = Pick<BlobFigures, 'count' | 'bytes' | 'loose'>

/** What can only be told by counting rows: in slices, and each of it no more than a thousandth of the time. */
@Injectable()
export class Counted implements OnModuleDestroy {
  private readonly repoCounts = new NowAndThen(() => this.countRepos())
  private readonly blobCounts = new NowAndThen(() => this.countBlobs())
  private readonly peerUsage = new NowAndThen(() => this.peerList.listWithUsage())
  private stopped = false

  constructor(
    private readonly database: Database,
    private readonly peerList: Peers,
  ) {}

  repos(): Promise<RepoFigures[]> {
    return this.repoCounts.get()
  }

  blobs(): Promise<BlobCounts> {
    return this.blobCounts.get()
  }

  /** How much of each peer is here, by its id. */
  async peers(): Promise<Map<number, Peer & PeerUsage>> {
    return new Map((await this.peerUsage.get()).map((peer) => [peer.id, peer]))
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true
    await Promise.all([this.repoCounts.idle(), this.blobCounts.idle(), this.peerUsage.idle()])
  }

  private async countRepos(): Promise<RepoFigures[]> {
    const counts = new Map<string, RepoFigures>()
    const { read } = this.database
    const ends = await read.get<{ last: number | null }>('SELECT max(id) AS last FROM repo')
    for (let after = 0; after < (ends?.last ?? 0); after += SLICE) {
      const rows = await read.all<RepoFigures>(
        `SELECT hosting, coalesce(status, 'active') AS status, count(*) AS count FROM repo WHERE id > ? AND id <= ?
         GROUP BY hosting, status`,
        after,
        after + SLICE,
      )
      for (const { hosting, status, count } of rows) {
        const key = `${hosting} ${status}`
        counts.set(key, { hosting, status, count: count + (counts.get(key)?.count ?? 0) })
      }
      await this.othersTurn()
    }
    return [...counts.values()]
  }

  private async countBlobs(): Promise<BlobCounts> {
    const total: BlobCounts = { count: 0, bytes: 0, loose: 0 }
    const { read } = this.database
    for (let after: string | null = ''; after !== null;) {
      // Up to the account that the slice ends in, with all that it has.
      const end: { did: string } | undefined = await read.get(
        'SELECT did FROM blob WHERE did > ? ORDER BY did LIMIT 1 OFFSET ?',
        after,
        SLICE - 1,
      )
      const slice = (await read.get<BlobCounts>(
        `SELECT count(*) AS count, coalesce(sum(size), 0) AS bytes, count(loose_since) AS loose FROM blob
         WHERE did > ? ${end ? 'AND did <= ?' : ''}`,
        after,
        ...(end ? [end.did] : []),
      ))!
      total.count += slice.count
      total.bytes += slice.bytes
      total.loose += slice.loose
      after = end?.did ?? null
      await this.othersTurn()
    }
    return total
  }

  /** @throws Error when the server stops: the database is about to close */
  private async othersTurn(): Promise<void> {
    await new Promise(setImmediate)
    if (this.stopped) throw new Error('the server stops')
  }
}
