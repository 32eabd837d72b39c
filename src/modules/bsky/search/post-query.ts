/**
 * The query language of post search: words, `"phrases"`, `#tag`, `from:` (`author:`), `mentions:` (`to:`), `domain:`,
 * `url:`, `lang:`, `since:` and `until:`, each but the last two with `-` in front for what must not be; a DID or the address
 * of a page may stand alone. Everything must hold. `from:`, `mentions:` take a handle, a DID, or `me`.
 */

/** A part of a query. */
export interface QueryPart {
  kind: 'words' | 'tag' | 'from' | 'mentions' | 'domain' | 'url' | 'lang' | 'since' | 'until'
  value: string
  negated: boolean
}

const OPERATORS: Readonly<Record<string, QueryPart['kind']>> = {
  from: 'from',
  author: 'from',
  mentions: 'mentions',
  to: 'mentions',
  domain: 'domain',
  url: 'url',
  lang: 'lang',
  since: 'since',
  until: 'until',
}

/** The parts of a query, in their order. Whatever is written otherwise than the language is words. */
export function parseQuery(query: string): QueryPart[] {
  const tokens = query.replace(/[“”„«»]/g, '"').match(/-?(?:[a-z]+:)?"[^"]*"|\S+/gi) ?? []
  return tokens.flatMap((token) => {
    const negated = token.startsWith('-') && token.length > 1
    const part = parsePart(negated ? token.slice(1) : token)
    return part.value === '' ? [] : { ...part, negated }
  })
}

function parsePart(token: string): Omit<QueryPart, 'negated'> {
  const colon = token.indexOf(':')
  const kind = colon > 0 ? OPERATORS[token.slice(0, colon).toLowerCase()] : undefined
  const value = unquoted(token.slice(colon + 1))
  if (kind && value !== '' && isTold(kind, value))
    return { kind, value: isActor(kind) ? value.replace(/^@/, '') : value }
  if (/^did:[a-z]+:\S/.test(token)) return { kind: 'from', value: token }
  if (/^https?:\/\/./i.test(token)) return { kind: 'url', value: token }
  if (/^[#＃]./.test(token)) return { kind: 'tag', value: unquoted(token.slice(1)) }
  return { kind: 'words', value: unquoted(token) }
}

function isActor(kind: QueryPart['kind']): boolean {
  return kind === 'from' || kind === 'mentions'
}

/** `since:` and `until:` are words where no moment follows. */
function isTold(kind: QueryPart['kind'], value: string): boolean {
  return (kind !== 'since' && kind !== 'until') || momentOf(value) !== null
}

function unquoted(token: string): string {
  return token.replaceAll('"', ' ').trim()
}

/** A date (its beginning, in UTC) or a datetime (in UTC where it names no zone) in milliseconds; null for what is neither. */
export function momentOf(text: string): number | null {
  const [, date, time = '', zone = ''] =
    /^(\d{4}-\d{2}-\d{2})(?:(T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:\d{2})?)?$/i.exec(text) ?? []
  if (date === undefined) return null
  const moment = Date.parse(`${date}${time || 'T00:00'}${zone || 'Z'}`)
  return Number.isNaN(moment) ? null : moment
}
