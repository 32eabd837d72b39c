import { Injectable } from '@nestjs/common'
import { Clock } from '../config/clock.js'
import { VERSION } from '../config/config.js'
import type { Figures } from './figures.js'
import { PeerFigures } from './peer-figures.js'
import { ProcessMonitor } from './process-monitor.js'
import { StoredFigures } from './stored-figures.js'
import { TrafficFigures } from './traffic-figures.js'

/** The one place that all figures of a server are had from. */
@Injectable()
export class ServerFigures {
  private readonly startedAt: string

  constructor(
    private readonly stored: StoredFigures,
    private readonly traffic: TrafficFigures,
    private readonly peers: PeerFigures,
    private readonly monitor: ProcessMonitor,
    private readonly clock: Clock,
  ) {
    this.startedAt = clock.iso()
  }

  /** How the server does now. Costs a few milliseconds, however much there is: what has to be counted is counted now and then. */
  async read(): Promise<Figures> {
    return {
      at: this.clock.iso(),
      startedAt: this.startedAt,
      version: VERSION,
      ...(await this.stored.figures()),
      ...(await this.traffic.figures()),
      peers: await this.peers.figures(),
      process: this.monitor.figures(),
    }
  }
}
