import { invalidRequest } from '../xrpc/xrpc-error.js'

/** Where a line of a listing stands: newest first, by moment and then by key. */
export interface Place {
  /** Milliseconds since the epoch. */
  at: number
  key: string
}

/** Ahead of everything. */
export const FIRST: Place = { at: Number.MAX_SAFE_INTEGER, key: '\u{10ffff}' }

/** The place that a client's cursor names; {@link FIRST} without one. @throws XrpcError 400 InvalidRequest. */
export function placeOf(cursor: string | undefined): Place {
  if (cursor === undefined || cursor === '') return FIRST
  const [, at, key] = /^(-?\d{1,16})::(.{1,1024})$/s.exec(cursor) ?? []
  if (at === undefined || key === undefined || key.includes('\0')) throw invalidRequest('Malformed cursor')
  return { at: Number(at), key }
}

/** The cursor that goes on after a place. */
export function cursorAfter({ at, key }: Place): string {
  return `${at}::${key}`
}

/** Lines of an answer, and the cursor after them; none when nothing can follow. */
export interface Page<View> {
  views: View[]
  cursor?: string
}

/** A page that is short because much was left out is read on from this often. */
const MAX_ROUNDS = 10

/**
 * Fills a page: reads lines from `after` on (`read` gives up to so many, in order), makes views of them (undefined: left out),
 * and reads further until there are `limit` views or no lines left.
 */
export async function fillPage<Line extends { place: Place }, View>(
  limit: number,
  after: Place,
  read: (after: Place, count: number) => Promise<Line[]>,
  view: (lines: Line[]) => Promise<(View | undefined)[]>,
): Promise<Page<View>> {
  const views: View[] = []
  let place = after
  for (let round = 0; round < MAX_ROUNDS; round++) {
    // One more than is wanted tells whether anything follows.
    const wanted = limit - views.length
    const lines = await read(place, wanted + 1)
    const more = lines.length > wanted
    const taken = more ? lines.slice(0, wanted) : lines
    for (const shown of await view(taken)) if (shown !== undefined) views.push(shown)
    if (!more) return { views }
    place = taken.at(-1)!.place
    if (views.length >= limit) break
  }
  return { views, cursor: cursorAfter(place) }
}
