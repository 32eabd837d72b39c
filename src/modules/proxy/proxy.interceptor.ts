import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { type Observable, of } from 'rxjs'
import { requireCallElsewhere } from '../auth/guarded-methods.js'
import { ViewerGuard } from '../auth/viewer.guard.js'
import type { AuthenticatedRequest } from '../auth/viewer.js'
import { nsidOf } from '../xrpc/xrpc.js'
import { PassThrough } from './pass-through.js'
import { isKept } from './proxied-methods.js'
import { ProxyHeader } from './proxy-header.js'

/**
 * Passes on calls of methods that are answered here too, when a client that is signed in here names another service by
 * `atproto-proxy`. Who is not is answered from here.
 */
@Injectable()
export class ProxyInterceptor implements NestInterceptor {
  constructor(
    private readonly header: ProxyHeader,
    private readonly calls: PassThrough,
    private readonly viewers: ViewerGuard,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> | Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
    const named = request.headers['atproto-proxy']
    const nsid = named === undefined ? undefined : nsidOf(context.getHandler())
    // Names of 2022 are no other service's.
    if (nsid === undefined || isKept(nsid) || request.routeOptions.url !== `/xrpc/${nsid}`) return next.handle()
    return this.passOn(context, next, String(named), nsid)
  }

  private async passOn(
    context: ExecutionContext,
    next: CallHandler,
    named: string,
    nsid: string,
  ): Promise<Observable<unknown>> {
    const http = context.switchToHttp()
    const request = http.getRequest<AuthenticatedRequest>()
    // Nobody makes this server ask others before it is known who asks.
    if (!request.viewer) await this.viewers.canActivate(context)
    if (!request.viewer?.sessionId) return next.handle()
    requireCallElsewhere(request.viewer, nsid)
    const service = await this.header.service(named, nsid)
    if (!service) return next.handle()
    return of(await this.calls.pass(service, request, http.getResponse<FastifyReply>(), nsid))
  }
}
