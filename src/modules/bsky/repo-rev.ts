import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { map, type Observable } from 'rxjs'
import type { AuthenticatedRequest } from '../auth/viewer.js'
import { ViewerGuard } from '../auth/viewer.guard.js'
import { writeJson } from '../xrpc/json.js'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { acceptedLabelers } from './context.js'
import { contentLabelers, trustOf } from './hydrate/trust.js'

/**
 * Says in `Atproto-Repo-Rev` up to which rev of the viewer's own repository an answer is: that at the time of asking,
 * so that what is said to be in the answer is (https://docs.bsky.app/docs/advanced-guides/read-after-write). And in
 * `Atproto-Content-Labelers` with whose labels it was made.
 */
@Injectable()
class RepoRev implements NestInterceptor {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp()
    const { viewer, headers } = http.getRequest<AuthenticatedRequest>()
    const reply = http.getResponse<FastifyReply>()
    if (viewer) {
      const repo = await this.database.read.get<{ rev: string }>('SELECT rev FROM repo WHERE did = ?', viewer.did)
      if (repo) reply.header('atproto-repo-rev', repo.rev)
    }
    // What an AppView that was asked as well has said of its labelers, stands.
    const trust = trustOf(acceptedLabelers(headers['atproto-accept-labelers']), this.config, 0)
    if (!reply.hasHeader('atproto-content-labelers')) reply.header('atproto-content-labelers', contentLabelers(trust))
    reply.header('content-type', 'application/json; charset=utf-8')
    return next.handle().pipe(map(writeJson))
  }
}

/** The decorated controller answers reads of app.bsky: everybody may ask, and a viewer is told how fresh the answer is. */
export function BskyReads(): ClassDecorator {
  return applyDecorators(UseGuards(ViewerGuard), UseInterceptors(RepoRev))
}
