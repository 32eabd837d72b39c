import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { lastValueFrom, type Observable, of } from 'rxjs'
import type { AuthenticatedRequest } from '../../auth/viewer.js'
import { isKept, isOfAppView } from '../../proxy/proxied-methods.js'
import { nsidOf } from '../../xrpc/xrpc.js'
import { Upstream } from './upstream.js'

/** Asks the AppView of the settings where a query of app.bsky asks for what is not here. */
@Injectable()
export class UpstreamInterceptor implements NestInterceptor {
  constructor(private readonly upstream: Upstream) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> | Promise<Observable<unknown>> {
    const http = context.switchToHttp()
    const request = http.getRequest<AuthenticatedRequest>()
    if (request.method !== 'GET' || !this.upstream.isThere(request)) return next.handle()
    const nsid = nsidOf(context.getHandler())
    // What is asked under a name of 2022 is answered from here.
    if (nsid === undefined || request.routeOptions.url !== `/xrpc/${nsid}`) return next.handle()
    if (!isOfAppView(nsid) || isKept(nsid)) return next.handle()
    const reply = http.getResponse<FastifyReply>()
    return this.upstream.complete(request, reply, nsid, () => lastValueFrom(next.handle())).then(of)
  }
}
