import { hash, timingSafeEqual } from 'node:crypto'
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { AdminGuard } from '../auth/guards.js'
import { Config } from '../config/config.js'
import { Secrets } from '../config/secrets.js'

/**
 * Lets in the operator, and whoever shows the token of the settings (`METRICS_TOKEN`, as a bearer): what a scraper needs to
 * know is no reason to trust it with the server. An address is no credential: behind a proxy on this machine everybody comes
 * from it. @throws as {@link AdminGuard}
 */
@Injectable()
export class MetricsGuard implements CanActivate {
  private readonly admin: AdminGuard
  private readonly expected: Buffer | null

  constructor(secrets: Secrets, { metricsToken }: Config) {
    this.admin = new AdminGuard(secrets)
    this.expected = metricsToken === null ? null : digest(metricsToken)
  }

  canActivate(context: ExecutionContext): boolean {
    const { authorization = '' } = context.switchToHttp().getRequest<FastifyRequest>().headers
    const token = /^bearer +(\S+)$/i.exec(authorization)?.[1]
    // Digests have one length, so the comparison tells nothing of the token's.
    if (this.expected && token !== undefined && timingSafeEqual(digest(token), this.expected)) return true
    return this.admin.canActivate(context)
  }
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
