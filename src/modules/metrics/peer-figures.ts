import { Injectable } from '@nestjs/common'
import { Clock } from '../config/clock.js'
import { PeerStates } from '../replication/peer-states.js'
import { Peers } from '../replication/peers.js'
import { Counted } from './counted.js'
import type { PeerFigures as Figures } from './figures.js'

/** How each peer does. */
@Injectable()
export class PeerFigures {
  constructor(
    private readonly peers: Peers,
    private readonly states: PeerStates,
    private readonly counted: Counted,
    private readonly clock: Clock,
  ) {}

  async figures(): Promise<Figures[]> {
    const usage = await this.counted.peers()
    const now = this.clock.now()
    return (await this.peers.list()).map(({ id, url, direction, position, lastError }) => {
      const { connection, since, events, newest } = this.states.of(id)
      const { accounts = 0, bytes = 0, wanted = 0 } = usage.get(id) ?? {}
      return {
        url,
        direction,
        connection,
        connectionSeconds: Math.max(0, now - since) / 1000,
        position,
        lag: newest === null || position === null ? null : Math.max(0, newest - position),
        events,
        errors: this.peers.failures.get(id) ?? 0,
        lastError,
        accounts,
        bytes,
        wanted,
      }
    })
  }
}
