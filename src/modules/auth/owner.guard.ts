import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import { AccessStrategy } from './access.strategy.js'
import { bearerToken } from './bearer.js'
import { ModeratorGuard } from './moderator.guard.js'
import { isServiceToken, ServiceTokens } from './service-tokens.js'
import { Secrets } from '../config/secrets.js'
import type { AuthenticatedRequest } from './viewer.js'

/**
 * Lets in everybody, for queries that need nobody: whoever shows that he is the operator, a moderator, or an account by a
 * session (also one that is taken down) is known to {@link seesAll}. Service tokens of others say nothing here.
 * Errors as {@link ModeratorGuard} and {@link AccessStrategy.viewerOf}.
 */
@Injectable()
export class OwnerGuard implements CanActivate {
  private readonly moderators: ModeratorGuard

  constructor(
    private readonly sessions: AccessStrategy,
    private readonly services: ServiceTokens,
    secrets: Secrets,
  ) {
    this.moderators = new ModeratorGuard(services, secrets)
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
    const { authorization } = request.headers
    if (authorization === undefined) return true
    const token = /^basic /i.test(authorization) ? null : (bearerToken(request) ?? '')
    if (token === null || this.services.isByModerator(token))
      request.isAdmin = await this.moderators.canActivate(context)
    else if (!isServiceToken(token)) request.viewer = await this.sessions.viewerOf(request, 'any-session')
    return true
  }
}

/**
 * Lets in everybody, and sees who is the operator or a moderator; whatever else is sent is not looked at.
 * Errors as {@link ModeratorGuard}.
 */
@Injectable()
export class MaybeModeratorGuard implements CanActivate {
  private readonly moderators: ModeratorGuard

  constructor(
    private readonly services: ServiceTokens,
    secrets: Secrets,
  ) {
    this.moderators = new ModeratorGuard(services, secrets)
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
    const { authorization = '' } = request.headers
    const token = /^bearer (.*)$/i.exec(authorization)?.[1]
    if (/^basic /i.test(authorization) || (token !== undefined && this.services.isByModerator(token)))
      request.isAdmin = await this.moderators.canActivate(context)
    return true
  }
}

/** Whether a request behind {@link OwnerGuard} may be told of an account whatever its status: by its owner or a moderator. */
export function seesAll({ isAdmin, viewer }: AuthenticatedRequest, did: string): boolean {
  return isAdmin === true || viewer?.did === did
}
