import { Injectable } from '@nestjs/common'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { unauthorized } from '../xrpc/xrpc-error.js'
import { type ResolveKey, verifyServiceJwt } from './service-jwt.js'
import { ServiceKeys } from './service-keys.js'
import type { Viewer } from './viewer.js'

/** The services of this server that a token may name instead of the server itself. */
const SERVICES = ['', '#bsky_appview', '#atproto_pds', '#atproto_labeler']

/** Tells who is asking from a service token: an account here or elsewhere, through its own server. */
@Injectable()
export class ServiceTokens {
  constructor(
    private readonly keys: ServiceKeys,
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /**
   * The account that lets its server call the method `nsid` for it.
   * @throws XrpcError 401 as verifyServiceJwt, also when its keys are not to be had; 401 AccountTakedown.
   */
  async viewerOf(token: string, nsid: string): Promise<Viewer> {
    const did = await this.issuer(token, nsid, false)
    const { status, takendown } = (await this.database.read.get<{ status: string | null; takendown: number }>(
      `SELECT (SELECT status FROM repo WHERE did = ?) AS status,
         EXISTS (SELECT 1 FROM takedown WHERE subject = ?) AS takendown`,
      did,
      did,
    ))!
    if (takendown || (status !== null && status !== 'deactivated'))
      throw unauthorized('Account has been taken down', 'AccountTakedown')
    return { did, scope: 'service', sessionId: null, status }
  }

  /**
   * The moderation service of the settings (PDS_MOD_SERVICE_DID), itself or as the labeler that it is, which calls the method.
   * @throws XrpcError 401 UntrustedIss for anybody else; as verifyServiceJwt
   */
  async moderatorOf(token: string, nsid: string): Promise<Viewer['did']> {
    // Looked at first: nobody else makes this server look up his keys by this.
    if (!this.isByModerator(token)) throw unauthorized('Untrusted issuer', 'UntrustedIss')
    return this.issuer(token, nsid, true)
  }

  /** Whether a token says that it is by the moderation service. That is still to be verified. */
  isByModerator(token: string): boolean {
    const did = this.config.modService?.did
    const iss = partOf(token, 1)?.iss
    return did !== undefined && (iss === did || iss === `${did}#atproto_labeler`)
  }

  private issuer(token: string, nsid: string, asLabeler: boolean): Promise<Viewer['did']> {
    const { serviceDid } = this.config
    const named = partOf(token, 1)?.aud
    const aud = SERVICES.map((service) => serviceDid + service).find((did) => did === named) ?? serviceDid
    const resolve: ResolveKey = (did, fresh, id) => this.keys.resolve(did, fresh, id)
    return verifyServiceJwt(token, { aud, lxm: nsid }, resolve, this.clock.now(), asLabeler)
  }
}

/** True for what an account's key has signed; session tokens are signed by a secret of this server. */
export function isServiceToken(token: string): boolean {
  const alg = partOf(token, 0)?.alg
  return alg === 'ES256K' || alg === 'ES256'
}

/** A part of a JWT as it stands there, believed by nobody yet. */
function partOf(token: string, index: number): Record<string, unknown> | null {
  try {
    return JSON.parse(Buffer.from(token.split('.', 2)[index] ?? '', 'base64url').toString()) as Record<string, unknown>
  } catch {
    return null
  }
}
