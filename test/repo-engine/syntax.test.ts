import * as reference from '@atproto/syntax'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RepoError } from '../../src/repo-engine/errors.js'
import {
  datetimeToMillis,
  formatAtUri,
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
  normalizeHandle,
  parseAtIdentifier,
  parseAtUri,
  parseDatetime,
  parseDid,
  parseHandle,
  parseLanguage,
  parseNsid,
  parseRecordKey,
  parseTid,
  splitAtUri,
  splitPath,
} from '../../src/repo-engine/syntax.js'

const FIXTURES = join(import.meta.dirname, '../fixtures/interop/syntax')

function lines(file: string): string[] {
  return readFileSync(join(FIXTURES, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# ') && line !== '#')
}

type Check = (text: unknown) => boolean
const KINDS: [string, Check, ((text: string) => string) | null, string[]][] = [
  ['did', isDid, parseDid, ['did_syntax_invalid.txt']],
  ['handle', isHandle, parseHandle, ['handle_syntax_invalid.txt']],
  ['atidentifier', isAtIdentifier, parseAtIdentifier, ['atidentifier_syntax_invalid.txt']],
  ['nsid', isNsid, parseNsid, ['nsid_syntax_invalid.txt']],
  ['recordkey', isRecordKey, parseRecordKey, ['recordkey_syntax_invalid.txt']],
  ['tid', isTid, parseTid, ['tid_syntax_invalid.txt']],
  ['aturi', isAtUri, parseAtUri, ['aturi_syntax_invalid.txt']],
  ['cid', isCidText, null, ['cid_syntax_invalid.txt']],
  ['uri', isUri, null, ['uri_syntax_invalid.txt']],
  ['datetime', isDatetime, parseDatetime, ['datetime_syntax_invalid.txt', 'datetime_parse_invalid.txt']],
  ['language', isLanguage, parseLanguage, ['language_syntax_invalid.txt', 'language_parse_invalid.txt']],
]

describe.each(KINDS)('%s', (name, is, parse, invalidFiles) => {
  const valid = lines(`${name}_syntax_valid.txt`)
  const invalid = invalidFiles.flatMap(lines)

  it('has vectors', () => {
    expect(valid.length).toBeGreaterThan(2)
    expect(invalid.length).toBeGreaterThan(2)
  })

  it.each(valid)('takes %j', (text) => {
    expect(is(text)).toBe(true)
    if (parse) expect(parse(text)).toBe(text)
  })

  it.each(invalid)('refuses %j', (text) => {
    expect(is(text)).toBe(false)
    if (parse) expect(() => parse(text)).toThrow(RepoError)
  })

  it('refuses what is not text, the empty text, and text with a line end after it', () => {
    for (const value of [undefined, null, 1, {}, ['x'], '']) expect(is(value)).toBe(false)
    for (const text of valid) expect(is(`${text}\n`)).toBe(false)
  })

  it('decides on a megabyte of anything at once', () => {
    const started = performance.now()
    for (const text of valid.slice(0, 3))
      for (const unit of ['a', 'a.', '-', ':', '%', 'a-', '/', '0', '\u0000'])
        expect(is(text + unit.repeat(1_000_000 / unit.length))).toBe(false)
    expect(performance.now() - started).toBeLessThan(60_000)
  })
})

describe('parse errors', () => {
  it('name the value, cut to 80 characters', () => {
    expect(() => parseDid('did:' + '?'.repeat(500))).toThrow(
      expect.objectContaining({ code: 'InvalidSyntax', message: 'not a valid DID: did:' + '?'.repeat(76) }),
    )
  })
})

describe('against the reference implementation', () => {
  const pieces = [
    'did:',
    'plc:',
    'at://',
    'a',
    'Z',
    '0',
    '9',
    '-',
    '.',
    ':',
    '/',
    '_',
    '~',
    '%',
    '#',
    '?',
    ' ',
    'é',
    'test',
  ]
  const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(''))
  const hosts = fc
    .array(fc.constantFrom('a', 'B', '0', '-', '.', '.'), { maxLength: 16 })
    .map((parts) => parts.join(''))

  it('agrees on identifiers', () => {
    fc.assert(
      fc.property(fc.oneof(texts, hosts), (text) => {
        expect(isDid(text)).toBe(reference.isValidDid(text))
        expect(isHandle(text)).toBe(reference.isValidHandle(text))
        expect(isNsid(text)).toBe(reference.isValidNsid(text))
        expect(isRecordKey(text)).toBe(reference.isValidRecordKey(text))
        expect(isTid(text)).toBe(reference.isValidTid(text))
      }),
      { numRuns: 3000 },
    )
  })

  it('agrees on label lengths', () => {
    for (const length of [62, 63, 64])
      for (const build of [
        (label: string) => `${label}.example.test`,
        (label: string) => `a.${label}.test`,
        (label: string) => `a.b.${label}`,
      ]) {
        const text = build('x'.repeat(length))
        expect(isHandle(text)).toBe(reference.isValidHandle(text))
        expect(isNsid(text)).toBe(reference.isValidNsid(text))
      }
  })

  it('agrees on AT URIs without query and fragment', () => {
    const uris = fc
      .tuple(
        fc.constantFrom('did:plc:abc', 'bob.test', 'bob', ''),
        fc.constantFrom('', '/', '/com.example.thing', '/com.example', '//'),
        fc.constantFrom('', '/', '/self', '/a b', '/.', '/self/x', '/~:._-'),
      )
      .map(([authority, collection, rkey]) => `at://${authority}${collection}${rkey}`)
    fc.assert(fc.property(uris, (uri) => expect(isAtUri(uri)).toBe(reference.isAtUriString(uri))))
  })

  it('agrees on language tags', () => {
    const subtags = [
      'en',
      'EN',
      'deu',
      'jaja',
      'Latn',
      'US',
      '419',
      '1901',
      'rozaj',
      'biske',
      'a',
      'u',
      'x',
      'X',
      'i',
      'toolongsub',
      '',
    ]
    const tags = fc.array(fc.constantFrom(...subtags), { minLength: 1, maxLength: 7 }).map((parts) => parts.join('-'))
    fc.assert(
      fc.property(tags, (tag) => expect(isLanguage(tag)).toBe(reference.parseLanguageString(tag) !== null)),
      { numRuns: 5000 },
    )
  })
})

describe('datetimeToMillis', () => {
  it('agrees with Date on every moment', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
        fc.integer({ min: -1439, max: 1439 }),
        (millis, offset) => {
          expect(datetimeToMillis(new Date(millis).toISOString())).toBe(millis)
          const local = new Date(millis + offset * 60_000).toISOString()
          fc.pre(local.length === 24 && offset !== 0)
          const minutes = Math.abs(offset)
          const zone = [minutes / 60, minutes % 60].map((part) => String(Math.floor(part)).padStart(2, '0')).join(':')
          expect(datetimeToMillis(local.slice(0, -1) + (offset < 0 ? '-' : '+') + zone)).toBe(millis)
        },
      ),
    )
  })

  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['1970-01-01T00:00:00.1Z', 100],
    ['1970-01-01T00:00:00.0129999Z', 12],
    ['0000-01-01T00:00:00Z', -62_167_219_200_000],
    ['2024-02-29T12:00:00+00:00', 1_709_208_000_000],
    ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
  ])('%s is %d', (text, millis) => expect(datetimeToMillis(text)).toBe(millis))

  it.each([
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2016-12-31T23:59:60Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:00:00-00:00',
    '2024-01-01T00:00:00+24:00',
    '2024-01-01T00:00:00+01:60',
    '9999-12-31T23:59:59-01:00',
    '0000-01-01T00:00:00+00:01',
    '2024-01-01T00:00:00ZZ',
    '12024-01-01T00:00:00Z',
    '2024-01-01T00:00:00.' + '0'.repeat(64) + 'Z',
    '２024-01-01T00:00:00Z',
  ])('there is no %s', (text) => expect(datetimeToMillis(text)).toBeNull())

  it('never takes what the reference refuses', () => {
    const parts = fc.constantFrom('0', '1', '2', '3', '5', '6', '9', '-', 'T', ':', '.', 'Z', '+')
    const texts = fc.tuple(fc.nat(30), parts).map(([at, part]) => {
      const text = '2024-02-28T23:59:58.123+01:45'
      return text.slice(0, at) + part + text.slice(at + 1)
    })
    fc.assert(fc.property(texts, (text) => !isDatetime(text) || reference.isValidDatetime(text)))
  })
})

describe('parts', () => {
  it('splits AT URIs', () => {
    expect(splitAtUri('at://bob.test')).toEqual({ authority: 'bob.test' })
    expect(splitAtUri('at://did:plc:abc/com.example.thing')).toEqual({
      authority: 'did:plc:abc',
      collection: 'com.example.thing',
    })
    const parts = splitAtUri('at://did:plc:abc/com.example.thing/self')
    expect(parts).toEqual({ authority: 'did:plc:abc', collection: 'com.example.thing', rkey: 'self' })
    expect(formatAtUri(parts.authority, parts.collection!, parts.rkey!)).toBe('at://did:plc:abc/com.example.thing/self')
    expect(() => splitAtUri('at://did:plc:abc/com.example.thing/')).toThrow(RepoError)
  })

  it('splits repository paths', () => {
    expect(splitPath('com.example.thing/self')).toEqual({ collection: 'com.example.thing', rkey: 'self' })
    for (const path of [
      '',
      'com.example.thing',
      'com.example.thing/',
      '/self',
      'com.example.thing/a/b',
      'com.example.thing/..',
    ])
      expect(() => splitPath(path)).toThrow(RepoError)
  })

  it('normalises handles', () => {
    expect(normalizeHandle('Bob.TEST')).toBe('bob.test')
    // KELVIN SIGN, whose small form is the letter k.
    expect(() => normalizeHandle('bo\u212a.test')).toThrow(RepoError)
  })
})
