/**
 * Service authentication (https://atproto.com/specs/xrpc#inter-service-authentication-jwt): a short-lived JWT that
 * an account signs with its repository key, to be known by a server that is not its own.
 */
import { randomBytes } from 'node:crypto'
import { type Did, isDid, type SigningKey, verifySignature } from '../../repo-engine/index.js'
import { unauthorized } from '../xrpc/xrpc-error.js'

/** The keys of a DID document that tokens are signed by: an account's, and that of the labeler that it is as well. */
export type ServiceKeyId = 'atproto' | 'atproto_label'

/** Gives a did:key of a DID document; `fresh` asks past every cache. Throws where there is none. */
export type ResolveKey = (did: Did, fresh: boolean, id: ServiceKeyId) => Promise<string>

/** What a token must say to be accepted. */
export interface ServiceJwtTarget {
  /** DID of the service that it is for. */
  aud: string
  /** NSID of the method that it is for. */
  lxm: string
}

/** The service of an account that may speak for itself, by its own key, where that is allowed. */
const LABELER = '#atproto_labeler'

/** getServiceAuth mints for an hour at most; a minute is for clocks. */
const MAX_SECONDS = 61 * 60
const ALGORITHMS = ['ES256K', 'ES256']
/** Tokens for other purposes, which the key may also have signed (RFC 8725, section 3.11). */
const OTHER_TYPES = ['at+jwt', 'refresh+jwt', 'dpop+jwt']
const MINT_SECONDS = 60

/**
 * The DID that has signed the token; with `asLabeler` also one that has done so as the labeler that it is. `now` is milliseconds since the epoch. A signature that does not match is
 * looked at once more with the key resolved afresh, because keys change.
 * @throws XrpcError 401 with the official name of what is wrong; what `resolveKey` throws.
 */
export async function verifyServiceJwt(
  token: string,
  target: ServiceJwtTarget,
  resolveKey: ResolveKey,
  now: number,
  asLabeler = false,
): Promise<Did> {
  const parts = token.split('.')
  const header = parse(parts[0])
  const payload = parse(parts[1])
  if (parts.length !== 3 || !header || !payload || typeof payload.exp !== 'number')
    throw unauthorized('poorly formatted jwt', 'BadJwt')
  if (OTHER_TYPES.includes(header.typ as string))
    throw unauthorized(`Invalid jwt type "${String(header.typ)}"`, 'BadJwtType')
  if (!ALGORITHMS.includes(header.alg as string)) throw unauthorized('unsupported jwt algorithm', 'BadJwt')
  const { aud, lxm, exp } = payload
  // An issuer with a fragment is a service of the account, not the account.
  const isLabeler = asLabeler && typeof payload.iss === 'string' && payload.iss.endsWith(LABELER)
  const iss = isLabeler ? (payload.iss as string).slice(0, -LABELER.length) : payload.iss
  if (!isDid(iss)) throw unauthorized('jwt issuer is not an account', 'BadJwtIss')
  const seconds = now / 1000
  if (seconds >= exp) throw unauthorized('jwt expired', 'JwtExpired')
  if (exp > seconds + MAX_SECONDS) throw unauthorized('jwt expires too far in the future', 'BadJwt')
  if (aud !== target.aud) throw unauthorized('jwt audience does not match service did', 'BadJwtAudience')
  if (lxm !== target.lxm)
    throw unauthorized(`bad jwt lexicon method ("lxm"). must match: "${target.lxm}"`, 'BadJwtLexiconMethod')

  const message = Buffer.from(`${parts[0]}.${parts[1]}`)
  const signature = Buffer.from(parts[2]!, 'base64url')
  // The decoder takes other alphabets and skips what it does not know: one token would have many spellings.
  if (signature.toString('base64url') !== parts[2])
    throw unauthorized('jwt signature does not match jwt issuer', 'BadJwtSignature')
  const id = isLabeler ? 'atproto_label' : 'atproto'
  const key = await resolveKey(iss, false, id)
  if (matches(key, header.alg as string, message, signature)) return iss
  const freshKey = await resolveKey(iss, true, id)
  if (freshKey !== key && matches(freshKey, header.alg as string, message, signature)) return iss
  throw unauthorized('jwt signature does not match jwt issuer', 'BadJwtSignature')
}

/**
 * A token that `iss` shows to `target`, good until `exp` (seconds since the epoch), or for a minute from `now`
 * (milliseconds). Without a method it is good for all that the service has.
 */
export function mintServiceJwt(
  iss: Did,
  { aud, lxm }: Pick<ServiceJwtTarget, 'aud'> & Partial<ServiceJwtTarget>,
  key: SigningKey,
  now: number,
  exp?: number,
): string {
  const iat = Math.floor(now / 1000)
  const header = { typ: 'JWT', alg: key.curve === 'k256' ? 'ES256K' : 'ES256' }
  const payload = { iat, iss, aud, exp: exp ?? iat + MINT_SECONDS, lxm, jti: randomBytes(16).toString('hex') }
  const message = `${encode(header)}.${encode(payload)}`
  return `${message}.${key.sign(Buffer.from(message)).toString('base64url')}`
}

function matches(didKey: string, alg: string, message: Buffer, signature: Buffer): boolean {
  // The prefix of a P-256 did:key (https://atproto.com/specs/cryptography#public-key-encoding).
  const expected = didKey.startsWith('did:key:zDn') ? 'ES256' : 'ES256K'
  return alg === expected && verifySignature(didKey, message, signature)
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function parse(part: string | undefined): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString())
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
