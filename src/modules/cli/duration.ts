import { WrongUsage } from './options.js'

const MINUTE_MS = 60 * 1000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** What the short form calls them. */
const UNITS: Record<string, number> = { s: 1000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS }
const ISO = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/
/** In the order of {@link ISO}. A year counts as 365 days, a month as 30. */
const ISO_UNITS = [365 * DAY_MS, 30 * DAY_MS, 7 * DAY_MS, DAY_MS, HOUR_MS, MINUTE_MS, 1000]

/** Milliseconds of `30d`, `12h`, `90m` or an ISO 8601 duration (`P30D`, `PT12H`). @throws WrongUsage naming the option */
export function parseDuration(option: string, text: string): number {
  const [, amount, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? []
  if (amount !== undefined) return Number(amount) * UNITS[unit!]!
  const parts = /^P(?!T?$).*(?<!T)$/.test(text) ? ISO.exec(text) : null
  const ms = parts?.slice(1).reduce((sum, part, i) => sum + Number(part ?? 0) * ISO_UNITS[i]!, 0) ?? NaN
  // Beyond that there is no date any more.
  if (!(ms <= 1_000_000 * DAY_MS)) throw new WrongUsage(`${option}: not a duration such as 30d, 12h or P30D: ${text}`)
  return ms
}

const MOMENT = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/

/**
 * A moment that has been, in milliseconds since 1970: ISO 8601 (UTC, where it names no zone), or how long ago it was, as
 * {@link parseDuration} reads it. @throws WrongUsage naming the option
 */
export function parsePast(option: string, text: string, now: number): number {
  const moment = MOMENT.exec(text)
  if (!moment && /^\d{4}-/.test(text))
    throw new WrongUsage(`${option}: not a moment such as 2026-03-01T12:00:00Z or 2026-03-01 14:00+02:00: ${text}`)
  const bare = moment && moment[1] === undefined && text.length > 'YYYY-MM-DD'.length
  const ms = moment
    ? Date.parse(bare ? `${text}Z` : text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
    : now - parseDuration(option, text.replace(/ ago$/, ''))
  if (Number.isNaN(ms) || (moment && !isDay(text.slice(0, 'YYYY-MM-DD'.length))))
    throw new WrongUsage(`${option}: there is no such moment: ${text}`)
  if (ms > now) throw new WrongUsage(`${option}: that is still to come: ${text}`)
  return ms
}

/** Not every date that can be parsed is one: the 30th of February is taken for the 2nd of March. */
function isDay(text: string): boolean {
  const ms = Date.parse(text)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}
