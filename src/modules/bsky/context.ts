import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import type { AuthenticatedRequest } from '../auth/viewer.js'

/** Who reads, and by whose labels. */
export interface ReadContext {
  /** Null: nobody. */
  viewer: Did | null
  /** The operator sees what is taken down. */
  admin: boolean
  /** Labelers that the reader trusts (`atproto-accept-labelers`); null: the header was not sent. */
  labelers: readonly Did[] | null
}

/** Of a request behind SignedInGuard. */
export type SignedInContext = ReadContext & { viewer: Did }

const MAX_LABELERS = 20

/** Parameter: the {@link ReadContext} of a request behind ViewerGuard. */
export const Context = createParamDecorator((_: unknown, context: ExecutionContext): ReadContext => {
  const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
  return {
    viewer: request.viewer?.did ?? null,
    admin: request.isAdmin ?? false,
    labelers: acceptedLabelers(request.headers['atproto-accept-labelers']),
  }
})

/** `did:a;redact, did:b` (https://atproto.com/specs/label#label-distribution): what is no DID is left out. */
function acceptedLabelers(header: string | string[] | undefined): Did[] | null {
  if (header === undefined) return null
  const dids = String(header)
    .split(',')
    .map((entry) => entry.split(';')[0]!.trim())
    .filter((did) => did.startsWith('did:'))
  return [...new Set(dids)].slice(0, MAX_LABELERS) as Did[]
}
