/** Which handles a server may give out under its own domains, by the rules of the official PDS. Pure. */
import { isHandle, type Handle } from '../../repo-engine/index.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'

const MIN_LENGTH = 3
const MAX_LENGTH = 18

/** Top-level names that are nobody's on the public internet; `test` is for development. */
const DISALLOWED_TLDS = new Set(['local', 'arpa', 'invalid', 'localhost', 'internal', 'example', 'alt', 'onion'])

/** Names that would pass for the operator, or that software gives a meaning of its own. */
const RESERVED = new Set(
  (
    'about abuse account accounts admin administrator api app atproto auth billing blog bluesky bsky cdn com contact ' +
    'dev did dns docs download email feed feeds ftp help home host hostmaster imap info labeler legal localhost login ' +
    'mail mailer mod moderation moderator mta noc noreply oauth official owner pds plc pop postmaster press privacy ' +
    'relay root security server service settings signin signup smtp ssl staff static status support sysadmin system ' +
    'team terms test trust undefined null usenet user verify webmaster webmail well-known www xrpc'
  ).split(' '),
)

/** The service domain (`.example.com`) that a handle stands under, the longest if several do; null when none does. */
export function serviceDomainOf(handle: string, domains: readonly string[]): string | null {
  const fitting = domains.filter((domain) => handle.endsWith(domain))
  return fitting.sort((a, b) => b.length - a.length)[0] ?? null
}

/** The normal form of a handle. @throws XrpcError 400 InvalidHandle for bad syntax or a top level that cannot be. */
export function checkHandle(text: string): Handle {
  const handle = text.toLowerCase()
  if (!isHandle(handle)) throw invalidRequest('Input/handle must be a valid handle', 'InvalidHandle')
  if (hasDisallowedTld(handle)) throw invalidRequest('Handle TLD is invalid or disallowed', 'InvalidHandle')
  return handle
}

/**
 * The normal form of a handle that this server may give out; whether it is taken is not asked.
 * @throws XrpcError 400 InvalidHandle, UnsupportedDomain, or HandleNotAvailable for a reserved name.
 */
export function checkServiceHandle(text: string, domains: readonly string[], allowReserved = false): Handle {
  const handle = checkHandle(text)
  const domain = serviceDomainOf(handle, domains)
  if (!domain) throw invalidRequest('Not a supported handle domain', 'UnsupportedDomain')
  const name = handle.slice(0, -domain.length)
  if (name.includes('.')) throw invalidRequest('Invalid characters in handle', 'InvalidHandle')
  if (name.length < MIN_LENGTH) throw invalidRequest('Handle too short', 'InvalidHandle')
  if (name.length > MAX_LENGTH) throw invalidRequest('Handle too long', 'InvalidHandle')
  if (!allowReserved && RESERVED.has(name)) throw invalidRequest('Reserved handle', 'HandleNotAvailable')
  return handle
}

export function hasDisallowedTld(handle: string): boolean {
  return DISALLOWED_TLDS.has(handle.slice(handle.lastIndexOf('.') + 1))
}
