import { Injectable, Logger } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { mintServiceJwt } from '../auth/service-jwt.js'
import { Clock } from '../config/clock.js'
import type { Tx } from '../database/database.js'
import { SafeFetch } from '../identity/safe-fetch.js'
import { SigningKeys } from '../identity/signing-keys.js'
import { type Finish, GivenUp, Outbox } from '../outbox/outbox.js'
import { Reports } from './reports.js'

/** Who else is to have a report. */
export interface ReportTarget {
  did: string
  /** Without a slash at its end. */
  url: string
  /** The operator named it. */
  trusted: boolean
}

interface Forwarded {
  /** Whose report it is, and who vouches for it. */
  did: Did
  report: number
  target: ReportTarget
  /** Milliseconds since the epoch. */
  since: number
}

const KIND = 'forward-report'
const CREATE_REPORT = 'com.atproto.moderation.createReport'
const HOUR_MS = 60 * 60 * 1000
/** How long a service of the settings is waited for, and any other. */
const PATIENCE_MS = { trusted: 72 * HOUR_MS, other: HOUR_MS }

/** Passes reports on to moderation services, in the name of whoever has made them. */
@Injectable()
export class ReportForwarding {
  private readonly logger = new Logger('Reports')

  constructor(
    private readonly outbox: Outbox,
    private readonly reports: Reports,
    private readonly keys: SigningKeys,
    private readonly fetch: SafeFetch,
    private readonly clock: Clock,
  ) {
    outbox.handle<Forwarded>(KIND, (forwarded) => this.forward(forwarded))
  }

  /** Promises that a report of an account gets there. */
  async promise(tx: Tx, did: Did, report: number, target: ReportTarget): Promise<void> {
    await this.outbox.add(tx, KIND, { did, report, target, since: this.clock.now() })
  }

  /**
   * Sends a report. One that is lost on its way is sent again, so a service may get it twice.
   * @throws Error to be tried again, GivenUp when the service does not want it, or is away too long
   */
  private async forward({ did, report: id, target, since }: Forwarded): Promise<Finish | void> {
    const report = await this.reports.find(id)
    // Without its key nobody can speak for an account: it lives elsewhere, or not any more.
    if (!report || (await this.keys.publicKey(did)) === null) return
    const { reasonType, reason, subject, modTool } = report
    const now = this.clock.now()
    const token = mintServiceJwt(did, { aud: target.did, lxm: CREATE_REPORT }, await this.keys.get(did), now)
    const body = { reasonType, ...(reason !== null && { reason }), subject, ...(modTool && { modTool }) }
    try {
      const { status } = await this.fetch.fetch(`${target.url}/xrpc/${CREATE_REPORT}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        trusted: target.trusted,
      })
      if (status < 300) return
      const error = new Error(`${target.did} answers a report with status ${status}`)
      if (status < 500 && status !== 429) throw new GivenUp(error, async () => undefined)
      throw error
    } catch (error) {
      const patience = target.trusted ? PATIENCE_MS.trusted : PATIENCE_MS.other
      if (!(error instanceof GivenUp) && now - since < patience) throw error
      this.logger.warn(`report ${id} is kept here alone: ${(error as Error).message}`)
      throw error instanceof GivenUp ? error : new GivenUp(error as Error, async () => undefined)
    }
  }
}
