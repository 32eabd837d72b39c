import { Injectable, Optional } from '@nestjs/common'
import { StreamServer } from '../firehose/stream-server.js'
import { RateLimits } from '../rate-limit/rate-limits.js'
import { RequestCounts } from '../xrpc/request-counts.js'
import { OwedFigures } from './owed-figures.js'
import type { Figures, RequestFigures } from './figures.js'

/** What comes and goes: requests, streams, and what is owed to the outside. */
@Injectable()
export class TrafficFigures {
  constructor(
    private readonly requests: RequestCounts,
    private readonly streams: StreamServer,
    private readonly owed: OwedFigures,
    @Optional() private readonly limits?: RateLimits,
  ) {}

  async figures(): Promise<Pick<Figures, 'requests' | 'streams' | 'outbox' | 'mail' | 'backup' | 'rateLimits'>> {
    return {
      requests: this.requestFigures(),
      streams: await this.streams.figures(),
      ...(await this.owed.figures()),
      rateLimits: this.limits ? Object.fromEntries(this.limits.refused) : null,
    }
  }

  private requestFigures(): RequestFigures {
    const { inFlight, methods } = this.requests
    return {
      inFlight,
      methods: [...methods].map(([method, { statuses, ...counts }]) => ({
        method,
        statuses: Object.fromEntries(statuses),
        ...counts,
      })),
    }
  }
}
