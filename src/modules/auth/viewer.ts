import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import type { Did } from '../../repo-engine/index.js'
import { type AccessScope, invalidToken, type RefreshClaims } from './tokens.js'

/** Who is asking, as a guard has found out. */
export interface Viewer {
  did: Did
  /** `service`: vouched for by its own server, which does not say how much it trusts the app. */
  scope: AccessScope | 'service'
  /** Null without a session here. */
  sessionId: string | null
  /** The account's status; null when it is active. */
  status: string | null
}

/** What the guards leave on a request. */
export interface AuthenticatedRequest extends FastifyRequest {
  viewer?: Viewer
  /** The operator is asking, or a moderator: what is taken down is shown. */
  isAdmin?: boolean
  /** Who the action that is asked for is noted as: `admin`, or the DID of a moderator. */
  actor?: string
  refresh?: RefreshClaims
}

/** Parameter: the {@link Viewer} behind a guard that lets in accounts only; null for nobody behind one that lets in all. */
export const Viewer = createParamDecorator(
  (_: unknown, context: ExecutionContext): Viewer | null =>
    context.switchToHttp().getRequest<AuthenticatedRequest>().viewer ?? null,
)

/** Parameter: who acts, behind AdminGuard or ModeratorGuard: `admin`, or the DID of a moderator. */
export const Actor = createParamDecorator(
  (_: unknown, context: ExecutionContext): string =>
    context.switchToHttp().getRequest<AuthenticatedRequest>().actor ?? 'admin',
)

/** Parameter: the {@link RefreshClaims} behind RefreshGuard. */
export const Refresh = createParamDecorator(
  (_: unknown, context: ExecutionContext): RefreshClaims =>
    context.switchToHttp().getRequest<AuthenticatedRequest>().refresh!,
)

const ALSO_TAKENDOWN = 'auth:also-takendown'

/**
 * On a method that the owner of an account that is taken down may call to appeal or to leave, with the session that he
 * gets for that (`com.atproto.takendown`). Every other one refuses such a session.
 */
export const AlsoTakendown = (): MethodDecorator => SetMetadata(ALSO_TAKENDOWN, true)

/** By what the owner of an account that is taken down is let in to the method that is called. */
export function takendownEntry(context: ExecutionContext): 'nothing' | 'appeal' {
  return Reflect.getMetadata(ALSO_TAKENDOWN, context.getHandler()) === true ? 'appeal' : 'nothing'
}

/** For what an app password is not trusted with, nor a service token. @throws XrpcError 400 InvalidToken. */
export function requireFullAccess(viewer: Viewer): void {
  if (viewer.scope !== 'com.atproto.access') throw invalidToken('Bad token scope')
}

/** As {@link requireFullAccess}, behind {@link AlsoTakendown}. @throws XrpcError 400 InvalidToken. */
export function requireFullAccessOrTakendown(viewer: Viewer): void {
  if (viewer.scope !== 'com.atproto.takendown') requireFullAccess(viewer)
}

/** Whether the session is the owner's in person, or of an app password that is trusted with chats and moving out. */
export function hasPrivilegedAccess({ scope }: Viewer): boolean {
  return scope === 'com.atproto.access' || scope === 'com.atproto.appPassPrivileged'
}

/** The NSID in the route `/xrpc/<nsid>` of a request. */
export function calledMethod(request: FastifyRequest): string {
  return request.routeOptions.url?.slice('/xrpc/'.length) ?? ''
}
