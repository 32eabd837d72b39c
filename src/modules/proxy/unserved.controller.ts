import { All, Controller, Req, Res, type StreamableFile } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { isNsid } from '../../repo-engine/index.js'
import { AccessStrategy } from '../auth/access.strategy.js'
import { requireCallElsewhere } from '../auth/guarded-methods.js'
import type { AuthenticatedRequest } from '../auth/viewer.js'
import { Config } from '../config/config.js'
import { Lexicons } from '../lexicon/lexicons.js'
import { UNSERVED } from '../xrpc/bodies.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { PassThrough } from './pass-through.js'
import { isKept, isOfAppView } from './proxied-methods.js'
import { ProxyHeader } from './proxy-header.js'
import type { Service } from './service.js'

/** Answers the methods that no controller does: from the service that is asked for. Fastify prefers every exact route to this one. */
@Controller()
export class UnservedController {
  constructor(
    private readonly lexicons: Lexicons,
    private readonly sessions: AccessStrategy,
    private readonly header: ProxyHeader,
    private readonly calls: PassThrough,
    private readonly config: Config,
  ) {}

  /** @throws XrpcError 501 MethodNotImplemented where nobody is to be asked; as {@link PassThrough.pass} */
  @All(UNSERVED)
  async answer(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    try {
      const nsid = request.url.slice('/xrpc/'.length).split('?', 1)[0]!
      this.checkVerb(nsid, request.method)
      const service = await this.serviceFor(request, nsid)
      if (service) return await this.calls.pass(service, request, reply, nsid)
      throw new XrpcError(501, 'MethodNotImplemented', 'Method Not Implemented')
    } catch (error) {
      // A body that nobody reads is dropped: its sender may not listen before.
      request.raw.resume()
      throw error
    }
  }

  private async serviceFor(request: AuthenticatedRequest, nsid: string): Promise<Service | null> {
    const named = request.headers['atproto-proxy']
    const appView = isOfAppView(nsid) ? this.config.appView : null
    // What stands in the path goes into another one: it has to be the name of a method.
    if (!isNsid(nsid) || isKept(nsid) || (named === undefined && !appView)) return null
    // Nobody makes this server ask others before it is known who asks; the AppView of the settings tells anybody what is public.
    const isPublic = named === undefined && request.method !== 'POST' && request.headers.authorization === undefined
    if (!isPublic) request.viewer = await this.sessions.viewerOf(request)
    if (request.viewer) requireCallElsewhere(request.viewer, nsid)
    const service = named === undefined ? null : await this.header.service(String(named), nsid)
    return service ?? (appView && { ...appView, trusted: true })
  }

  private checkVerb(nsid: string, verb: string): void {
    const method = this.lexicons.method(nsid)
    const expected = method?.type === 'procedure' ? 'POST' : 'GET'
    if (method && verb !== expected && (verb !== 'HEAD' || expected === 'POST'))
      throw invalidRequest(`Incorrect HTTP method (${verb}) expected ${expected}`)
  }
}
