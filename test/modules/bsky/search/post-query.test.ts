import { describe, expect, it } from '@jest/globals'
import { momentOf, parseQuery } from '../../../../src/modules/bsky/search/post-query.js'

const part = (kind: string, value: string, negated = false) => ({ kind, value, negated })

describe('parseQuery', () => {
  it.each([
    ['two words', [part('words', 'two'), part('words', 'words')]],
    [
      '"a phrase" -word -"no phrase"',
      [part('words', 'a phrase'), part('words', 'word', true), part('words', 'no phrase', true)],
    ],
    ['“curly quotes”', [part('words', 'curly quotes')]],
    ['#tag -#other', [part('tag', 'tag'), part('tag', 'other', true)]],
    ['from:alice.test -from:@bob.test', [part('from', 'alice.test'), part('from', 'bob.test', true)]],
    [
      'author:me to:me mentions:did:plc:abc',
      [part('from', 'me'), part('mentions', 'me'), part('mentions', 'did:plc:abc')],
    ],
    ['did:plc:abc', [part('from', 'did:plc:abc')]],
    ['domain:example.com LANG:pt', [part('domain', 'example.com'), part('lang', 'pt')]],
    ['https://example.com/a?b=c', [part('url', 'https://example.com/a?b=c')]],
    [
      'since:2025-01-01 until:2025-01-02T10:00:00Z',
      [part('since', '2025-01-01'), part('until', '2025-01-02T10:00:00Z')],
    ],
    // What is not the language is words.
    ['since:yesterday foo:bar a:b', [part('words', 'since:yesterday'), part('words', 'foo:bar'), part('words', 'a:b')]],
    ['"unclosed phrase', [part('words', 'unclosed'), part('words', 'phrase')]],
    ['- "" # from:', [part('words', '-'), part('words', '#'), part('words', 'from:')]],
    ['   ', []],
  ])('%s', (query, parts) => expect(parseQuery(query)).toEqual(parts))
})

describe('momentOf', () => {
  it.each([
    ['2025-01-06', Date.UTC(2025, 0, 6)],
    ['2025-01-06T10:30:00Z', Date.UTC(2025, 0, 6, 10, 30)],
    ['2025-01-06T10:30:00+02:00', Date.UTC(2025, 0, 6, 8, 30)],
    ['2025-01-06T10:30', Date.UTC(2025, 0, 6, 10, 30)],
    ['2025-13-06', null],
    ['yesterday', null],
    ['2025', null],
  ])('%s', (text, moment) => expect(momentOf(text)).toBe(moment))
})
