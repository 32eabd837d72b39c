/** Query strings of the operator's lists, which no lexicon describes. */
import { parseNumberCursor } from './number-cursor.js'
import { invalidRequest } from './xrpc-error.js'

type Query = Readonly<Record<string, unknown>>

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 500
const MAX_TEXT = 2_000

/** A list that goes from the newest line back: how many, and before which number. @throws XrpcError 400 InvalidRequest */
export function pageOf(query: Query): { limit: number; before: number | null } {
  const limit = Number(textOf(query, 'limit') ?? DEFAULT_LIMIT)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw invalidRequest(`limit must be an integer from 1 to ${MAX_LIMIT}`)
  const cursor = textOf(query, 'cursor')
  return { limit, before: cursor === null ? null : parseNumberCursor(cursor) }
}

/** A parameter that may be there once; null where it is not. @throws XrpcError 400 InvalidRequest */
export function textOf(query: Query, name: string): string | null {
  const value = query[name]
  if (value === undefined || value === '') return null
  if (typeof value === 'string' && value.length <= MAX_TEXT) return value
  throw invalidRequest(`${name} must be one text`)
}
