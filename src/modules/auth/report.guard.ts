import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import { AccessStrategy } from './access.strategy.js'
import { bearerToken } from './bearer.js'
import { isServiceToken, ServiceTokens } from './service-tokens.js'
import { type AuthenticatedRequest, calledMethod } from './viewer.js'

/**
 * Lets in accounts by a session, also one that is taken down, or by a service token for the method that is called.
 * Errors as {@link AccessStrategy.viewerOf} and {@link ServiceTokens.viewerOf}.
 */
@Injectable()
export class ReportGuard implements CanActivate {
  constructor(
    private readonly sessions: AccessStrategy,
    private readonly services: ServiceTokens,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
    const token = bearerToken(request) ?? ''
    request.viewer = isServiceToken(token)
      ? await this.services.viewerOf(token, calledMethod(request))
      : await this.sessions.viewerOf(request, 'any-session')
    return true
  }
}
