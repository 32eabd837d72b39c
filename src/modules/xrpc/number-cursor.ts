import { invalidRequest } from './xrpc-error.js'

/** The number of a row after which a list goes on, as a cursor names it; 0 without one. @throws XrpcError 400 InvalidRequest. */
export function parseNumberCursor(cursor: string | undefined): number {
  const after = Number(cursor ?? 0)
  if (!Number.isSafeInteger(after) || after < 0) throw invalidRequest('Malformed cursor')
  return after
}
