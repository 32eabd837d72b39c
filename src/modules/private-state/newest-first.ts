import type { Reader, SqlValue } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'

/** Where a line of a listing stands: newest first, by moment and then by key. */
export interface Place {
  /** Milliseconds since the epoch. */
  at: number
  key: string
}

/** Ahead of everything. */
const FIRST: Place = { at: Number.MAX_SAFE_INTEGER, key: '\u{10ffff}' }

/** What an account has many of: rows of `table` with its `did`, ordered by the column `at`. */
interface Listing {
  table: string
  /** What tells rows of one moment apart. */
  key: string
  at: string
  /** Other columns that are wanted. */
  columns?: readonly string[]
  where?: string
}

/** Up to `count` of an account's rows that come after a place, newest first. */
export async function newestFirst<Row>(
  reader: Reader,
  { table, key, at, columns = [], where = 'TRUE' }: Listing,
  did: string,
  after: Place,
  count: number,
): Promise<(Row & { place: Place })[]> {
  const values: SqlValue[] = [did, after.at, after.key, count]
  const rows = await reader.all<Row & Place>(
    `SELECT ${[`${at} AS at`, `${key} AS key`, ...columns].join(', ')} FROM ${table}
     WHERE did = ? AND ${where} AND (${at}, ${key}) < (?, ?) ORDER BY ${at} DESC, ${key} DESC LIMIT ?`,
    ...values,
  )
  return rows.map(({ at, key, ...row }) => ({ ...(row as Row), place: { at, key } }))
}

/** The place that a client's cursor names, the first without one. @throws XrpcError 400 InvalidRequest. */
export function placeOf(cursor: string | undefined): Place {
  if (!cursor) return FIRST
  const [, at, key] = /^(\d{1,16})::(\S{1,1024})$/.exec(cursor) ?? []
  if (at === undefined || key === undefined) throw invalidRequest('Malformed cursor')
  return { at: Number(at), key }
}

/** The cursor that goes on after a place. */
export function cursorAfter({ at, key }: Place): string {
  return `${at}::${key}`
}
