import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type OnModuleInit,
} from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Observable } from 'rxjs'
import type { AuthenticatedRequest } from '../auth/viewer.js'
import { nsidOf } from '../xrpc/xrpc.js'
import { EVERYTHING, EXPORTS, LIMITS } from './limits.js'
import { RateLimits } from './rate-limits.js'

const EXPORT_ROUTE = '/xrpc/com.atproto.sync.getRepo'
/** Whoever watches over the server; images, of which one page has dozens; what peers push, who have quotas of their own. */
const FREE = /^\/(livez$|readyz$|xrpc\/(_health|com\.atproto\.syncUpdateRepo)$|img\/)/

/** Every request is counted by its network before anything of its body is read. */
@Injectable()
export class RequestLimit implements OnModuleInit {
  constructor(
    private readonly limits: RateLimits,
    private readonly http: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    // A command line has the rooms of a server, and no server.
    const fastify = this.http.httpAdapter?.getInstance<FastifyInstance>()
    fastify?.addHook('onRequest', (request, reply, done) => {
      const route = request.routeOptions.url ?? ''
      try {
        if (!FREE.test(route)) this.limits.count(request, reply, route === EXPORT_ROUTE ? EXPORTS : EVERYTHING)
        done()
      } catch (error) {
        done(error as Error)
      }
    })
  }
}

/** Calls of methods with limits of their own are counted when it is known who calls, and before any of the work is done. */
@Injectable()
export class CallLimit implements NestInterceptor {
  constructor(private readonly limits: RateLimits) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const nsid = nsidOf(context.getHandler())
    const rules = nsid === undefined ? undefined : LIMITS[nsid]
    if (rules) {
      const http = context.switchToHttp()
      this.limits.countCall(http.getRequest<AuthenticatedRequest>(), http.getResponse<FastifyReply>(), rules)
    }
    return next.handle()
  }
}
