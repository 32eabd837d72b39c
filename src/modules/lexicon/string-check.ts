/**
 * String constraints of a lexicon, compiled (https://atproto.com/specs/lexicon#string). Lengths count
 * bytes of UTF-8, graphemes count user-perceived characters; both are bounded by the UTF-16 length, which
 * is free, so that most strings are never scanned.
 */
import {
  isAtIdentifier,
  isAtUri,
  isCidText,
  isDatetime,
  isDid,
  isHandle,
  isLanguage,
  isNsid,
  isRecordKey,
  isTid,
  isUri,
} from '../../repo-engine/index.js'
import type { StringSchema } from './document.js'

/** What is wrong with a string, or null. */
type StringTest = (text: string) => string | null

const FORMATS: Record<string, { test: (text: string) => boolean; message: string }> = {
  'at-identifier': { test: isAtIdentifier, message: 'must be a valid did or a handle' },
  'at-uri': { test: isAtUri, message: 'must be a valid at-uri' },
  cid: { test: isCidText, message: 'must be a cid string' },
  datetime: { test: isDatetime, message: 'must be a valid atproto datetime (both RFC-3339 and ISO-8601)' },
  did: { test: isDid, message: 'must be a valid did' },
  handle: { test: isHandle, message: 'must be a valid handle' },
  language: { test: isLanguage, message: 'must be a well-formed BCP 47 language tag' },
  nsid: { test: isNsid, message: 'must be a valid nsid' },
  'record-key': { test: isRecordKey, message: 'must be a valid Record Key' },
  tid: { test: isTid, message: 'must be a valid TID' },
  uri: { test: isUri, message: 'must be a uri' },
}

const segmenter = new Intl.Segmenter()

/** Graphemes of a text, counted no further than one past `limit`. */
function countGraphemes(text: string, limit: number): number {
  const segments = segmenter.segment(text)[Symbol.iterator]()
  let count = 0
  while (count <= limit && !segments.next().done) count++
  return count
}

/** Tests for every constraint the schema states. @throws Error for a format that this server does not know. */
export function compileString(schema: StringSchema): (value: unknown) => string | null {
  const tests: StringTest[] = []
  if (schema.const !== undefined) {
    const only = schema.const
    tests.push((text) => (text === only ? null : `must be ${only}`))
  }
  if (schema.enum) {
    const members = new Set(schema.enum)
    const message = `must be one of (${schema.enum.join('|')})`
    tests.push((text) => (members.has(text) ? null : message))
  }
  if (schema.minLength !== undefined || schema.maxLength !== undefined) tests.push(byteLength(schema))
  if (schema.minGraphemes !== undefined || schema.maxGraphemes !== undefined) tests.push(graphemeLength(schema))
  if (schema.format !== undefined) {
    const format = FORMATS[schema.format]
    if (!format) throw new Error(`unknown string format ${schema.format}`)
    tests.push((text) => (format.test(text) ? null : format.message))
  }
  return (value) => {
    if (typeof value !== 'string') return 'must be a string'
    for (const test of tests) {
      const fault = test(value)
      if (fault !== null) return fault
    }
    return null
  }
}

function byteLength({ minLength: min = 0, maxLength: max = Infinity }: StringSchema): StringTest {
  return (text) => {
    // One UTF-16 unit is one to three bytes of UTF-8.
    if (text.length >= min && text.length * 3 <= max) return null
    const length = Buffer.byteLength(text)
    if (length > max) return `must not be longer than ${max} characters`
    return length < min ? `must not be shorter than ${min} characters` : null
  }
}

function graphemeLength({ minGraphemes: min = 0, maxGraphemes: max = Infinity }: StringSchema): StringTest {
  const limit = Math.max(min, max)
  return (text) => {
    // One grapheme is at least one UTF-16 unit.
    if (min === 0 && text.length <= max) return null
    const count = countGraphemes(text, limit)
    if (count > max) return `must not be longer than ${max} graphemes`
    return count < min ? `must not be shorter than ${min} graphemes` : null
  }
}
