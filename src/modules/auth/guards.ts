import { hash, timingSafeEqual } from 'node:crypto'
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import { Secrets } from '../config/secrets.js'
import { unauthorized } from '../xrpc/xrpc-error.js'
import { AccessStrategy } from './access.strategy.js'
import { RefreshStrategy } from './refresh.strategy.js'
import { type AuthenticatedRequest, takendownEntry } from './viewer.js'

/** Lets in who has an access token; errors as {@link AccessStrategy.viewerOf}. Deactivated accounts come in too. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly strategy: AccessStrategy) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context)
    request.viewer = await this.strategy.viewerOf(request, takendownEntry(context))
    return true
  }
}

/** Lets in who has a refresh token of this server, living or not. */
@Injectable()
export class RefreshGuard implements CanActivate {
  constructor(private readonly strategy: RefreshStrategy) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context)
    request.refresh = await this.strategy.claimsOf(request)
    return true
  }
}

/** Lets in the operator: HTTP Basic `admin` with the admin password (RFC 7617). */
@Injectable()
export class AdminGuard implements CanActivate {
  private readonly expected: Buffer

  constructor(secrets: Secrets) {
    this.expected = digest(`admin:${secrets.adminPassword}`)
  }

  canActivate(context: ExecutionContext): boolean {
    const [, credentials] = /^basic\s+(\S+)$/i.exec(requestOf(context).headers.authorization ?? '') ?? []
    // Digests have one length, so the comparison tells nothing of the password's.
    const given = digest(Buffer.from(credentials ?? '', 'base64'))
    if (!timingSafeEqual(given, this.expected)) throw unauthorized('Authentication Required')
    requestOf(context).actor = 'admin'
    return true
  }
}

function digest(text: string | Buffer): Buffer {
  return hash('sha256', text, 'buffer')
}

function requestOf(context: ExecutionContext): AuthenticatedRequest {
  return context.switchToHttp().getRequest<AuthenticatedRequest>()
}
