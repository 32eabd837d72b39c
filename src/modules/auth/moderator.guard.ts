import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import { Secrets } from '../config/secrets.js'
import { bearerToken } from './bearer.js'
import { AdminGuard } from './guards.js'
import { ServiceTokens } from './service-tokens.js'
import { type AuthenticatedRequest, calledMethod } from './viewer.js'

/**
 * Lets in the operator, and the moderation service of the settings by a service token for the method that is called
 * (`iss` its DID, also with `#atproto_labeler`). Errors as {@link AdminGuard} and {@link ServiceTokens.moderatorOf}.
 */
@Injectable()
export class ModeratorGuard implements CanActivate {
  private readonly admin: AdminGuard

  constructor(
    private readonly services: ServiceTokens,
    secrets: Secrets,
  ) {
    this.admin = new AdminGuard(secrets)
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
    if (!/^bearer /i.test(request.headers.authorization ?? '')) return this.admin.canActivate(context)
    request.actor = await this.services.moderatorOf(bearerToken(request) ?? '', calledMethod(request))
    return true
  }
}
