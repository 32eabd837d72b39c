import { Injectable } from '@nestjs/common'
import { Database, type SqlValue } from '../database/database.js'
import { type Connection, PeerStates } from './peer-states.js'

/** A host that is followed from here. */
export interface FollowedHost {
  /** Of the peer that it is. */
  id: number
  /** With its port where it has one of its own. */
  hostname: string
  /** The newest event of theirs that is applied or noted; null: none yet. */
  seq: number | null
  /** Accounts that are kept here for it. */
  accounts: number
  status: 'active' | 'idle' | 'offline'
}

/** The hosts that are followed from here, as anyone may know them. */
@Injectable()
export class FollowedHosts {
  constructor(
    private readonly database: Database,
    private readonly states: PeerStates,
  ) {}

  /** In the order in which they came, after the one with the given number. */
  list(after: number, limit: number): Promise<FollowedHost[]> {
    return this.select('id > ? ORDER BY id LIMIT ?', after, limit)
  }

  /** The one of a name, in any case, or null. */
  async find(hostname: string): Promise<FollowedHost | null> {
    const host = hostname.toLowerCase()
    const [found] = await this.select('url IN (?, ?) ORDER BY url DESC', `https://${host}`, `http://${host}`)
    return found ?? null
  }

  /** The number of the one with an origin, or null. */
  async idOf(origin: string): Promise<number | null> {
    const sql = "SELECT id FROM peer WHERE direction = 'pull' AND url = ?"
    return (await this.database.read.get<{ id: number }>(sql, origin))?.id ?? null
  }

  async count(): Promise<number> {
    const sql = "SELECT count(*) AS hosts FROM peer WHERE direction = 'pull'"
    return (await this.database.read.get<{ hosts: number }>(sql))!.hosts
  }

  private async select(which: string, ...values: SqlValue[]): Promise<FollowedHost[]> {
    const rows = await this.database.read.all<Omit<FollowedHost, 'hostname' | 'status'> & { url: string }>(
      `SELECT id, url, position AS seq, (SELECT count(*) FROM mirror WHERE mirror.peer = peer.id) AS accounts
       FROM peer WHERE direction = 'pull' AND ${which}`,
      ...values,
    )
    return rows.map(({ url, ...row }) => ({
      ...row,
      hostname: new URL(url).host,
      status: statusOf(this.states.of(row.id).connection),
    }))
  }
}

function statusOf(connection: Connection): FollowedHost['status'] {
  if (connection === 'connected') return 'active'
  return connection === 'waiting' ? 'offline' : 'idle'
}
