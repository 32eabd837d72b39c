import { Controller, Get, Query } from '@nestjs/common'
import { Config } from '../config/config.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { HandleResolver } from './handle-resolver.js'

/** Tells a proxy that gets certificates on demand for which names it may, as the distribution of the official PDS does. */
@Controller('tls-check')
export class TlsCheckController {
  constructor(
    private readonly config: Config,
    private readonly handles: HandleResolver,
  ) {}

  /** `?domain=`: this server's name, or a handle under its domains that somebody has. @throws XrpcError 400 InvalidRequest, 404 NotFound */
  @Get()
  async check(@Query('domain') domain: unknown): Promise<{ success: true }> {
    if (typeof domain !== 'string' || domain === '') throw invalidRequest('bad or missing domain query param')
    const name = domain.toLowerCase()
    if (name === this.config.hostname) return { success: true }
    if (!this.handles.isServiceHandle(name)) throw invalidRequest('handles are not provided on this domain')
    if ((await this.handles.shownDid(name)) === null)
      throw new XrpcError(404, 'NotFound', 'handle not found for this domain')
    return { success: true }
  }
}
