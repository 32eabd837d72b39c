import { Controller, UseGuards } from '@nestjs/common'
import { isDid } from '../../../repo-engine/index.js'
import { AccessGuard } from '../../auth/guards.js'
import { CREATE_ACCOUNT, isPrivilegedMethod, isProtectedMethod } from '../../auth/guarded-methods.js'
import { mintServiceJwt } from '../../auth/service-jwt.js'
import { invalidToken } from '../../auth/tokens.js'
import { AlsoTakendown, hasPrivilegedAccess, Viewer } from '../../auth/viewer.js'
import { Clock } from '../../config/clock.js'
import { SigningKeys } from '../../identity/signing-keys.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'

type GetServiceAuth = XrpcMethods['com.atproto.server.getServiceAuth']

const MAX_SECONDS = 60 * 60
/** Of a token that is good for every method of a service. */
const MAX_METHODLESS_SECONDS = 60
const MAX_AUDIENCE = 2048
/** The part of an audience that names one service of a DID (https://atproto.com/specs/did#did-document). */
const SERVICE_ID = /^[a-zA-Z0-9._~-]+$/

/** Lets an account vouch for itself elsewhere (https://atproto.com/specs/xrpc#inter-service-authentication-jwt). */
@Controller()
@UseGuards(AccessGuard)
export class ServiceAuthController {
  constructor(
    private readonly keys: SigningKeys,
    private readonly clock: Clock,
  ) {}

  /** @throws XrpcError 400 BadExpiration, InvalidToken, InvalidRequest. */
  @XrpcQuery('com.atproto.server.getServiceAuth')
  @AlsoTakendown()
  async getServiceAuth(
    @Viewer() viewer: Viewer,
    @Params() { aud, exp, lxm }: GetServiceAuth['params'],
  ): Promise<GetServiceAuth['output']> {
    // Who is taken down may move out, and nothing else.
    if (viewer.scope === 'com.atproto.takendown' && lxm !== CREATE_ACCOUNT) throw invalidToken('Bad token scope')
    checkAudience(aud)
    const now = this.clock.now()
    if (exp !== undefined) checkExpiration(exp - now / 1000, lxm)
    if (lxm !== undefined) checkMethod(viewer, lxm)
    return { token: mintServiceJwt(viewer.did, { aud, lxm }, await this.keys.get(viewer.did), now, exp) }
  }
}

/** A DID, or a service of one. */
function checkAudience(aud: string): void {
  const at = aud.indexOf('#')
  const did = at < 0 ? aud : aud.slice(0, at)
  if (aud.length > MAX_AUDIENCE || !isDid(did) || (at >= 0 && !SERVICE_ID.test(aud.slice(at + 1))))
    throw invalidRequest('aud must be a valid did, with or without a service id')
}

function checkExpiration(seconds: number, lxm: string | undefined): void {
  if (seconds < 0) throw invalidRequest('expiration is in past', 'BadExpiration')
  if (seconds > MAX_SECONDS)
    throw invalidRequest('cannot request a token with an expiration more than an hour in the future', 'BadExpiration')
  if (lxm === undefined && seconds > MAX_METHODLESS_SECONDS)
    throw invalidRequest(
      'cannot request a method-less token with an expiration more than a minute in the future',
      'BadExpiration',
    )
}

function checkMethod(viewer: Viewer, lxm: string): void {
  if (isProtectedMethod(lxm))
    throw invalidRequest(`cannot request a service auth token for the following protected method: ${lxm}`)
  const mayMove = viewer.scope === 'com.atproto.takendown' || hasPrivilegedAccess(viewer)
  if (!mayMove && isPrivilegedMethod(lxm))
    throw invalidRequest(`insufficient access to request a service auth token for the following method: ${lxm}`)
}
