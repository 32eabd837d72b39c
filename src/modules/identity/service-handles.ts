/** Which handles a server may give out under its own domains, by the rules of the official PDS. Pure. */
import { isHandle, type Handle } from '../../repo-engine/index.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { isReservedName } from './reserved-names.js'

const MIN_LENGTH = 3
const MAX_LENGTH = 18

/** Top-level names that are nobody's on the public internet; `test` is for development. */
const DISALLOWED_TLDS = new Set(['local', 'arpa', 'invalid', 'localhost', 'internal', 'example', 'alt', 'onion'])

/** The names that are this server's own. */
export interface OwnNames {
  hostname: string
  /** Domains that handles are given out under, each with its leading dot. */
  handleDomains: readonly string[]
}

/** The service domain (`.example.com`) that a handle stands under, the longest if several do; null when none does. */
export function serviceDomainOf(handle: string, domains: readonly string[]): string | null {
  const fitting = domains.filter((domain) => handle.endsWith(domain))
  return fitting.sort((a, b) => b.length - a.length)[0] ?? null
}

/** True for the server's host name and for its domains themselves: names that speak for the server. */
export function isBareName(handle: string, { hostname, handleDomains }: OwnNames): boolean {
  return handle === hostname || handleDomains.includes(`.${handle}`)
}

/** The normal form of a handle. @throws XrpcError 400 InvalidHandle for bad syntax or a top level that cannot be. */
export function checkHandle(text: string): Handle {
  const handle = text.toLowerCase()
  if (!isHandle(handle)) throw invalidRequest('Input/handle must be a valid handle', 'InvalidHandle')
  if (hasDisallowedTld(handle)) throw invalidRequest('Handle TLD is invalid or disallowed', 'InvalidHandle')
  return handle
}

/**
 * The normal form of a handle that this server may give out; whether it is taken is not asked. `byOperator`: names of any
 * length, reserved ones, and the server's own. @throws XrpcError 400 InvalidHandle, UnsupportedDomain, or
 * HandleNotAvailable for a reserved name
 */
export function checkServiceHandle(text: string, own: OwnNames, byOperator = false): Handle {
  const handle = checkHandle(text)
  if (isBareName(handle, own)) {
    if (byOperator) return handle
    throw invalidRequest('Reserved handle', 'HandleNotAvailable')
  }
  const domain = serviceDomainOf(handle, own.handleDomains)
  if (!domain) throw invalidRequest('Not a supported handle domain', 'UnsupportedDomain')
  const name = handle.slice(0, -domain.length)
  if (name.includes('.')) throw invalidRequest('Invalid characters in handle', 'InvalidHandle')
  if (byOperator) return handle
  // Shown as what it stands for, it could be anybody's name in letters that look the same.
  if (name.startsWith('xn--')) throw invalidRequest('Invalid characters in handle', 'InvalidHandle')
  if (name.length < MIN_LENGTH) throw invalidRequest('Handle too short', 'InvalidHandle')
  if (name.length > MAX_LENGTH) throw invalidRequest('Handle too long', 'InvalidHandle')
  if (isReservedName(name)) throw invalidRequest('Reserved handle', 'HandleNotAvailable')
  return handle
}

export function hasDisallowedTld(handle: string): boolean {
  return DISALLOWED_TLDS.has(handle.slice(handle.lastIndexOf('.') + 1))
}
