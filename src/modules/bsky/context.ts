import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { type Did, isDid } from '../../repo-engine/index.js'
import type { AuthenticatedRequest } from '../auth/viewer.js'

/** Who reads, and by whose labels. */
export interface ReadContext {
  /** Null: nobody. */
  viewer: Did | null
  /** The operator sees what is taken down. */
  admin: boolean
  /** Labelers that the reader trusts (`atproto-accept-labelers`); null: the header was not sent, or is empty. */
  labelers: readonly Did[] | null
  /** Those of them that may take down. */
  redacting: ReadonlySet<string>
}

/** Of a request behind SignedInGuard. */
export type SignedInContext = ReadContext & { viewer: Did }

const MAX_LABELERS = 20
const MAX_HEADER = 4_096

/** Parameter: the {@link ReadContext} of a request behind ViewerGuard. */
export const Context = createParamDecorator((_: unknown, context: ExecutionContext): ReadContext => {
  const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
  return {
    viewer: request.viewer?.did ?? null,
    admin: request.isAdmin ?? false,
    ...acceptedLabelers(request.headers['atproto-accept-labelers']),
  }
})

/** `did:a;redact, did:b` (https://atproto.com/specs/label#label-distribution): what is no DID is left out. */
export function acceptedLabelers(header: string | string[] | undefined): Pick<ReadContext, 'labelers' | 'redacting'> {
  if (header === undefined || String(header).trim() === '') return { labelers: null, redacting: NOBODY }
  const entries = String(header)
    .slice(0, MAX_HEADER)
    .split(',')
    .map((entry) => entry.split(';').map((part) => part.trim()))
    .filter(([did]) => isDid(did))
  const labelers = [...new Set(entries.map(([did]) => did as Did))].slice(0, MAX_LABELERS)
  const redacting = entries.filter(([, ...flags]) => flags.includes('redact')).map(([did]) => did!)
  return { labelers, redacting: new Set(redacting) }
}

const NOBODY: ReadonlySet<string> = new Set()
