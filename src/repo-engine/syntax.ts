/**
 * The identifiers of atproto as branded strings: parsed once at the edge, trusted inside
 * (https://atproto.com/specs/did, /handle, /nsid, /record-key, /tid, /at-uri-scheme, /lexicon#string-formats).
 *
 * Each kind has `isX`, which never throws, and `parseX`, which gives the same text branded or throws
 * RepoError InvalidSyntax. Nothing is normalised on the way. Every check runs in time linear to the text,
 * and the length is looked at first.
 */
import { RepoError } from './errors.js'

type Brand<Name extends string> = string & { readonly __brand: Name }

export type Did = Brand<'Did'>
export type Handle = Brand<'Handle'>
export type AtIdentifier = Did | Handle
export type Nsid = Brand<'Nsid'>
export type RecordKey = Brand<'RecordKey'>
/** Every TID can stand as a record key. */
export type Tid = RecordKey & { readonly __tid: true }
export type AtUri = Brand<'AtUri'>
export type Datetime = Brand<'Datetime'>
export type Language = Brand<'Language'>

/** The parts of an AT URI. A record key never comes without a collection. */
export interface AtUriParts {
  readonly authority: AtIdentifier
  readonly collection?: Nsid
  readonly rkey?: RecordKey
}

const DID = /^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$/
const RECORD_KEY = /^[a-zA-Z0-9_~.:-]{1,512}$/
const TID = /^[2-7a-j][2-7a-z]{12}$/
const CID_TEXT = /^[a-zA-Z0-9+=]{8,256}$/
const URI = /^[a-zA-Z][a-zA-Z0-9+.-]{0,80}:[^\s\p{Cc}]+$/u

/** Any DID method; percent-encoding is not looked into. */
export function isDid(text: unknown): text is Did {
  return typeof text === 'string' && text.length <= 2048 && DID.test(text)
}
export const parseDid = parser('DID', isDid)

/** A host name of two labels or more, in any case, whose last label starts with a letter. */
export function isHandle(text: unknown): text is Handle {
  return (
    typeof text === 'string' &&
    text.length <= 253 &&
    countLabels(text) >= 2 &&
    isLetter(text.charCodeAt(text.lastIndexOf('.') + 1))
  )
}
export const parseHandle = parser('handle', isHandle)

/** The one form in which handles are stored and compared. @throws RepoError InvalidSyntax. */
export function normalizeHandle(text: string): Handle {
  // Checked first: some letters outside ASCII have a small form inside.
  return parseHandle(text).toLowerCase() as Handle
}

export function isAtIdentifier(text: unknown): text is AtIdentifier {
  return isDid(text) || isHandle(text)
}
export const parseAtIdentifier = parser('DID or handle', isAtIdentifier)

/** A reversed domain and a name of letters and digits. */
export function isNsid(text: unknown): text is Nsid {
  if (typeof text !== 'string' || text.length > 317 || countLabels(text) < 3) return false
  const name = text.lastIndexOf('.') + 1
  return isLetter(text.charCodeAt(0)) && isLetter(text.charCodeAt(name)) && !text.includes('-', name)
}
export const parseNsid = parser('NSID', isNsid)

export function isRecordKey(text: unknown): text is RecordKey {
  return typeof text === 'string' && RECORD_KEY.test(text) && text !== '.' && text !== '..'
}
export const parseRecordKey = parser('record key', isRecordKey)

/** 13 characters of sortable base32, the highest bit zero; see tid.ts for what they hold. */
export function isTid(text: unknown): text is Tid {
  return typeof text === 'string' && text.length === 13 && TID.test(text)
}
export const parseTid = parser('TID', isTid)

/** The restricted form that records use: authority, collection and record key, nothing after them. */
export function isAtUri(text: unknown): text is AtUri {
  return typeof text === 'string' && readAtUri(text) !== null
}
export const parseAtUri = parser('AT URI', isAtUri)

/** @throws RepoError InvalidSyntax. */
export function splitAtUri(uri: string): AtUriParts {
  const parts = readAtUri(uri)
  if (!parts) throw invalid('AT URI', uri)
  return parts
}

/** The AT URI of a record. */
export function formatAtUri(authority: AtIdentifier, collection: Nsid, rkey: RecordKey): AtUri {
  return `at://${authority}/${collection}/${rkey}` as AtUri
}

/** Splits a repository path, `collection/rkey`. @throws RepoError InvalidSyntax. */
export function splitPath(path: string): { collection: Nsid; rkey: RecordKey } {
  const slash = path.indexOf('/')
  const collection = path.slice(0, slash)
  const rkey = path.slice(slash + 1)
  if (slash < 0 || !isNsid(collection) || !isRecordKey(rkey)) throw invalid('repository path', path)
  return { collection, rkey }
}

/** The textual form of some CID, of whatever version-1 kind; {@link Cid.parse} says whether it is one of ours. */
export function isCidText(text: unknown): text is string {
  return typeof text === 'string' && CID_TEXT.test(text) && !text.startsWith('Qmb')
}

/** A generic URI: a scheme, a colon, and no white space after it. */
export function isUri(text: unknown): text is string {
  return typeof text === 'string' && text.length <= 8192 && URI.test(text)
}

/** A moment that exists: right form, right calendar, between the years 0 and 9999. */
export function isDatetime(text: unknown): text is Datetime {
  return typeof text === 'string' && datetimeToMillis(text) !== null
}
export const parseDatetime = parser('datetime', isDatetime)

/**
 * Milliseconds since 1970 of `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`, digits beyond the millisecond
 * dropped; null when the form is another one (`-00:00` included) or there is no such moment (30 February,
 * 24:00, a leap second, a year outside 0 to 9999 once in UTC).
 */
export function datetimeToMillis(text: string): number | null {
  if (text.length < 20 || text.length > 64) return null
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  const hour = digits(text, 11, 2)
  const minute = digits(text, 14, 2)
  const second = digits(text, 17, 2)
  if (text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[13] !== ':' || text[16] !== ':') return null
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return null
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return null

  let at = 19
  let millis = 0
  if (text[at] === '.') {
    const from = ++at
    while (isDigit(text.charCodeAt(at))) {
      if (at - from < 3) millis += (text.charCodeAt(at) - 48) * 10 ** (2 - (at - from))
      at++
    }
    if (at === from) return null
  }

  const midnight = new Date(0)
  midnight.setUTCFullYear(year, month - 1, day)
  if (midnight.getUTCDate() !== day) return null
  const local = midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + millis
  const offset = offsetMinutes(text, at)
  const utc = local - offset * 60_000
  return utc >= YEAR_0 && utc < YEAR_10000 ? utc : null
}

const YEAR_0 = -62_167_219_200_000
const YEAR_10000 = 253_402_300_800_000

/** The zone that ends a datetime, NaN if it is no zone. */
function offsetMinutes(text: string, at: number): number {
  const sign = text[at]
  if (sign === 'Z') return text.length === at + 1 ? 0 : NaN
  const hours = digits(text, at + 1, 2)
  const minutes = digits(text, at + 4, 2)
  if (text.length !== at + 6 || text[at + 3] !== ':' || !(hours <= 23 && minutes <= 59)) return NaN
  if (sign === '+') return hours * 60 + minutes
  return sign === '-' && hours + minutes > 0 ? -(hours * 60 + minutes) : NaN
}

/** BCP 47 tags that do not follow its grammar (RFC 5646, section 2.2.8). */
const IRREGULAR_LANGUAGES = new Set(
  (
    'en-GB-oed i-ami i-bnn i-default i-enochian i-hak i-klingon i-lux i-mingo i-navajo i-pwn i-tao i-tay i-tsu ' +
    'sgn-BE-FR sgn-BE-NL sgn-CH-DE'
  ).split(' '),
)

/**
 * A BCP 47 language tag (RFC 5646, section 2.1) without repeated variants or extensions. Whether its
 * subtags are registered is not asked; the language itself is two or three small letters, as atproto has it.
 */
export function isLanguage(text: unknown): text is Language {
  if (typeof text !== 'string' || text.length > 256) return false
  if (IRREGULAR_LANGUAGES.has(text)) return true
  const subtags = text.split('-')
  if (!subtags.every((subtag) => /^[a-zA-Z0-9]{1,8}$/.test(subtag))) return false

  let at = 0
  let repeated = false
  const seen = new Set<string>()
  const take = (form: RegExp) => at < subtags.length && form.test(subtags[at]!) && ++at > 0
  const takeOnce = (form: RegExp) => {
    if (!take(form)) return false
    const subtag = subtags[at - 1]!.toLowerCase()
    repeated ||= seen.has(subtag)
    seen.add(subtag)
    return true
  }

  if (take(/^[a-z]{2,3}$/)) {
    for (let extended = 0; extended < 3 && take(/^[a-z]{3}$/i); extended++);
    take(/^[a-z]{4}$/i) // script
    take(/^([a-z]{2}|[0-9]{3})$/i) // region
    while (takeOnce(/^([a-z0-9]{5,8}|[0-9][a-z0-9]{3})$/i)); // variants
    while (takeOnce(/^[0-9a-wy-z]$/i)) {
      if (!take(/^.{2,8}$/)) return false
      while (take(/^.{2,8}$/));
    }
  }
  if (repeated) return false
  // Private use takes all that is left, and at least one subtag.
  if (take(/^x$/i)) return at < subtags.length
  return at > 0 && at === subtags.length
}
export const parseLanguage = parser('language tag', isLanguage)

function parser<T extends string>(name: string, is: (text: unknown) => text is T): (text: string) => T {
  return (text) => {
    if (!is(text)) throw invalid(name, text)
    return text
  }
}

function invalid(name: string, text: unknown): RepoError {
  return new RepoError('InvalidSyntax', `not a valid ${name}: ${String(text).slice(0, 80)}`)
}

function readAtUri(text: string): AtUriParts | null {
  if (text.length > 8192 || !text.startsWith('at://')) return null
  const [authority, collection, rkey, more] = text.slice(5).split('/', 4)
  if (!isAtIdentifier(authority) || more !== undefined) return null
  if (collection === undefined) return { authority }
  if (!isNsid(collection)) return null
  if (rkey === undefined) return { authority, collection }
  return isRecordKey(rkey) ? { authority, collection, rkey } : null
}

/**
 * Counts the labels of a host name: letters, digits and inner hyphens, 1 to 63 of them, dots between.
 * Gives 0 when the text is anything else.
 */
function countLabels(text: string): number {
  let labels = 0
  let start = 0
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : DOT
    if (code === DOT) {
      const length = at - start
      if (length < 1 || length > 63) return 0
      if (text.charCodeAt(start) === HYPHEN || text.charCodeAt(at - 1) === HYPHEN) return 0
      labels++
      start = at + 1
    } else if (!isLetter(code) && !isDigit(code) && code !== HYPHEN) return 0
  }
  return labels
}

const DOT = 0x2e
const HYPHEN = 0x2d

function isLetter(code: number): boolean {
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** The number that `count` digits give, NaN if one of them is no digit. */
function digits(text: string, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const code = text.charCodeAt(i)
    if (!isDigit(code)) return NaN
    value = value * 10 + code - 48
  }
  return value
}
