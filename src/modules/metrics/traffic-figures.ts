import { Injectable, Optional } from '@nestjs/common'
import { StreamServer } from '../firehose/stream-server.js'
import { Mailer } from '../mail/mailer.js'
import { Outbox } from '../outbox/outbox.js'
import { RateLimits } from '../rate-limit/rate-limits.js'
import { RequestCounts } from '../xrpc/request-counts.js'
import type { Figures, RequestFigures } from './figures.js'

/** Kinds of promises at whose end there is a mail. */
const MAILS = new Set(['mail', 'code-mail'])

/** What comes and goes: requests, streams, and what is owed to the outside. */
@Injectable()
export class TrafficFigures {
  constructor(
    private readonly requests: RequestCounts,
    private readonly streams: StreamServer,
    private readonly outbox: Outbox,
    private readonly mailer: Mailer,
    @Optional() private readonly limits?: RateLimits,
  ) {}

  async figures(): Promise<Pick<Figures, 'requests' | 'streams' | 'outbox' | 'mail' | 'rateLimits'>> {
    const outbox = await this.outbox.figures()
    const mails = outbox.filter(({ kind }) => MAILS.has(kind))
    return {
      requests: this.requestFigures(),
      streams: await this.streams.figures(),
      outbox,
      mail: { available: this.mailer.isAvailable, waiting: mails.reduce((sum, { waiting }) => sum + waiting, 0) },
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
