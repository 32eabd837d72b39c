import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { lastValueFrom, type Observable, of } from 'rxjs'
import { requireCallElsewhere } from '../../auth/guarded-methods.js'
import { ViewerGuard } from '../../auth/viewer.guard.js'
import type { AuthenticatedRequest } from '../../auth/viewer.js'
import { unauthorized, XrpcError } from '../../xrpc/xrpc-error.js'
import { ProxyHeader } from './proxy-header.js'
import type { Service } from './service-calls.js'
import { Upstream } from './upstream.js'

const OURS = 'app.bsky.'
/** Answered by no controller: the route of xrpc/not-implemented.controller. */
const UNSERVED = '/xrpc/*'
/** What accounts keep on their own server, and what is that server's own business: never passed on. */
const KEPT = /^(app\.bsky\.actor\.(get|put)Preferences|com\.atproto\.(admin|identity|repo|server|sync|temp)\..*)$/

/**
 * Passes calls on to other services: to the one that a signed-in client names by `atproto-proxy`, whole; and to the AppView
 * of the settings where a query of app.bsky asks for what is not here, or this server does not know the method.
 */
@Injectable()
export class UpstreamInterceptor implements NestInterceptor {
  constructor(
    private readonly header: ProxyHeader,
    private readonly upstream: Upstream,
    private readonly viewers: ViewerGuard,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
    const route = request.routeOptions.url
    if (!route?.startsWith('/xrpc/')) return next.handle()
    const nsid = decodeURIComponent(request.url.slice('/xrpc/'.length).split('?', 1)[0]!)
    const isServed = route !== UNSERVED
    if ((isServed && !nsid.startsWith(OURS)) || KEPT.test(nsid)) return next.handle()

    const reply = context.switchToHttp().getResponse<FastifyReply>()
    const named = request.headers['atproto-proxy']
    if (named !== undefined) {
      // Nobody makes this server ask others before it is known who asks.
      if (!isServed) await this.viewers.canActivate(context)
      const service = await this.named(request, String(named), nsid, isServed)
      if (service) return of(await this.upstream.pass(service, request, reply, nsid))
    }
    if (request.method !== 'GET' || !nsid.startsWith(OURS) || !this.upstream.isThere(request)) return next.handle()
    if (!isServed) {
      await this.viewers.canActivate(context)
      return of(await this.upstream.pass(this.upstream.service!, request, reply, nsid))
    }
    return of(await this.upstream.complete(request, reply, nsid, () => lastValueFrom(next.handle())))
  }

  private async named(
    { viewer }: AuthenticatedRequest,
    header: string,
    nsid: string,
    isServed: boolean,
  ): Promise<Service | null> {
    if (!viewer?.sessionId) {
      if (isServed) return null
      throw unauthorized('Authentication Required', 'AuthMissing')
    }
    requireCallElsewhere(viewer, nsid)
    const service = await this.header.service(header)
    if (!service && !isServed) throw new XrpcError(501, 'MethodNotImplemented', 'Method Not Implemented')
    return service
  }
}
