import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import { Secrets } from '../config/secrets.js'
import { unauthorized } from '../xrpc/xrpc-error.js'
import { AccessStrategy } from './access.strategy.js'
import { bearerToken } from './bearer.js'
import { AdminGuard } from './guards.js'
import { isServiceToken, ServiceTokens } from './service-tokens.js'
import { type AuthenticatedRequest, calledMethod, takendownEntry } from './viewer.js'

/**
 * Lets in everybody, and finds out who it is: a session of this server, an account by a service token for the method
 * that is called (the moderation service of the settings sees what is taken down, too), the operator (`isAdmin`, no viewer),
 * or nobody. What is sent must be good: errors as
 * {@link AccessStrategy.viewerOf}, {@link ServiceTokens.viewerOf} and {@link AdminGuard}.
 */
@Injectable()
export class ViewerGuard implements CanActivate {
  private readonly admin: AdminGuard

  constructor(
    private readonly sessions: AccessStrategy,
    private readonly services: ServiceTokens,
    secrets: Secrets,
  ) {
    this.admin = new AdminGuard(secrets)
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
    const { authorization } = request.headers
    if (authorization === undefined) return true
    if (/^basic /i.test(authorization)) {
      request.isAdmin = this.admin.canActivate(context)
      return true
    }
    const token = bearerToken(request) ?? ''
    if (!isServiceToken(token)) request.viewer = await this.sessions.viewerOf(request, takendownEntry(context))
    else if (this.services.isByModerator(token)) {
      const did = await this.services.moderatorOf(token, calledMethod(request))
      request.viewer = { did, scope: 'service', sessionId: null, status: null }
      request.isAdmin = true
    } else request.viewer = await this.services.viewerOf(token, calledMethod(request))
    return true
  }
}

/** Behind {@link ViewerGuard}, for methods that need somebody. @throws XrpcError 401 AuthMissing. */
@Injectable()
export class SignedInGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.switchToHttp().getRequest<AuthenticatedRequest>().viewer) return true
    throw unauthorized('Authentication Required', 'AuthMissing')
  }
}
