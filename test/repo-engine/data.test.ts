import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeCbor, encodeCbor, type DataValue } from '../../src/repo-engine/cbor.js'
import { Cid } from '../../src/repo-engine/cid.js'
import { dataToJson, findBlobs, jsonToData, jsonToRecord } from '../../src/repo-engine/data.js'

const FIXTURES = join(import.meta.dirname, '../fixtures/interop/data-model')
const fixture = <T>(file: string) => JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as T[]
const INVALID = expect.objectContaining({ name: 'RepoError', code: 'InvalidData' }) as Error
const RAW = 'bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity'
const CBOR = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'

describe('interop vectors', () => {
  const vectors = fixture<{ json: unknown; cbor_base64: string; cid: string }>('data-model-fixtures.json')
  it.each(vectors)('$cid', ({ json, cbor_base64, cid }) => {
    const encoded = encodeCbor(jsonToData(json))
    expect(encoded).toEqual(Buffer.from(cbor_base64, 'base64'))
    expect(Cid.ofCbor(encoded).toString()).toBe(cid)
    expect(dataToJson(decodeCbor(encoded))).toEqual(json)
  })

  it.each(fixture<{ note: string; json: unknown }>('data-model-valid.json'))('takes: $note', ({ json }) => {
    expect(dataToJson(jsonToData(json))).toEqual(json)
  })

  it.each(fixture<{ note: string; json: unknown }>('data-model-invalid.json'))('refuses: $note', ({ json }) => {
    expect(() => jsonToData(json)).toThrow(INVALID)
  })
})

describe('jsonToData', () => {
  const blob = { $type: 'blob', ref: { $link: RAW }, mimeType: 'image/png', size: 1 }

  it.each([
    ['null', null],
    ['an array at the top', []],
    ['a link at the top', { $link: RAW }],
    ['bytes at the top', { $bytes: '' }],
    ['undefined', { a: undefined }],
    ['a float', { a: 0.1 }],
    ['1e400', JSON.parse('{"a":1e400}')],
    ['2^53', { a: 2 ** 53 }],
    ['-2^53', { a: -(2 ** 53) }],
    ['a bigint', { a: 1n }],
    ['a function', { a: () => 1 }],
    ['a Date', { a: new Date(0) }],
    ['a hole', { a: new Array(1) }],
    ['a lone surrogate', JSON.parse('{"a":"\\ud800"}')],
    ['a lone surrogate in a key', JSON.parse('{"\\ud800":1}')],
    ['$type false', { a: { $type: false } }],
    ['$type undefined', { $type: undefined }],
    ['$link and $bytes', { a: { $link: RAW, $bytes: '' } }],
    ['$link null', { a: { $link: null } }],
    ['$link to a CIDv0', { a: { $link: 'QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR' } }],
    ['$link in capitals', { a: { $link: RAW.toUpperCase() } }],
    ['$link with $type', { a: { $type: 'x.y.z', $link: RAW } }],
    ['$bytes null', { a: { $bytes: null } }],
    ['$bytes with a space', { a: { $bytes: 'AA AA' } }],
    ['$bytes with a line end', { a: { $bytes: 'AAAA\n' } }],
    ['$bytes in base64url', { a: { $bytes: '-_-_' } }],
    ['$bytes of one digit', { a: { $bytes: 'A' } }],
    ['$bytes with too little padding', { a: { $bytes: 'AA=' } }],
    ['$bytes with too much padding', { a: { $bytes: 'AAA==' } }],
    ['$bytes with padding alone', { a: { $bytes: '====' } }],
    ['$bytes with padding inside', { a: { $bytes: 'AA==AAAA' } }],
    ['$bytes with bits left over', { a: { $bytes: 'AB' } }],
    ['a blob with a negative size', { a: { ...blob, size: -1 } }],
    ['a blob with a float size', { a: { ...blob, size: 1.5 } }],
    ['a blob without mimeType', { a: { ...blob, mimeType: undefined } }],
    ['a blob with an empty mimeType', { a: { ...blob, mimeType: '' } }],
    ['a blob whose ref is text', { a: { ...blob, ref: RAW } }],
    ['a blob whose ref is no raw CID', { a: { ...blob, ref: { $link: CBOR } } }],
  ])('refuses %s', (_name, json) => expect(() => jsonToData(json)).toThrow(INVALID))

  it('takes base64 with padding and without', () => {
    for (const [text, hex] of [
      ['', ''],
      ['AQ', '01'],
      ['AQ==', '01'],
      ['AQI', '0102'],
      ['AQI=', '0102'],
      ['AQID', '010203'],
      ['+/+/', 'fbffbf'],
    ] as const) {
      const { a } = jsonToData({ a: { $bytes: text } })
      expect(Buffer.from(a as Uint8Array).toString('hex')).toBe(hex)
      expect(dataToJson(a!)).toEqual({ $bytes: text.replace(/=+$/, '') })
    }
  })

  it('limits depth', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 0 : { a: nested(depth - 1) })
    expect(() => jsonToData(nested(64))).not.toThrow()
    expect(() => jsonToData(nested(65))).toThrow(INVALID)
    expect(() => jsonToData({ a: [[]] }, { maxDepth: 2 })).toThrow(INVALID)
    const deep = JSON.parse('['.repeat(5000) + ']'.repeat(5000)) as unknown
    expect(() => jsonToData({ deep })).toThrow(INVALID)
  })

  it('writes -0 as 0', () => expect(Object.is(jsonToData({ a: -0 }).a, 0)).toBe(true))

  it('keeps __proto__ an ordinary key', () => {
    const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'
    const data = jsonToData(JSON.parse(text))
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype)
    expect((data as { polluted?: unknown }).polluted).toBeUndefined()
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(JSON.stringify(dataToJson(data))).toBe(text)
    expect(JSON.stringify(dataToJson(decodeCbor(encodeCbor(data))))).toBe(text)
  })

  it('does not look at inherited keys', () => {
    const { a } = jsonToData({ a: Object.assign(Object.create(null), { x: 1 }) })
    expect(a).toEqual({ x: 1 })
  })

  it('comes back from JSON as it went', () => {
    const names = fc.string({ maxLength: 8 }).filter((name) => !name.startsWith('$') && name !== '__proto__')
    const { value: values } = fc.letrec<{ value: DataValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.oneof(
          fc.constant(null),
          fc.boolean(),
          fc.maxSafeInteger(),
          fc.string({ unit: 'grapheme' }),
          fc.uint8Array().map((data) => Buffer.from(data)),
          fc.uint8Array().map((data) => Cid.ofRaw(data)),
        ),
        fc.array(tie('value')),
        fc.dictionary(names, tie('value')),
      ),
    }))
    fc.assert(
      fc.property(values, (value) => {
        const json: unknown = JSON.parse(JSON.stringify(dataToJson({ value })))
        expect(encodeCbor(jsonToData(json)).equals(encodeCbor({ value }))).toBe(true)
      }),
    )
  })

  it('never throws anything but InvalidData', () => {
    const keys = fc.constantFrom('$link', '$bytes', '$type', 'ref', 'mimeType', 'size', 'a')
    const leaves = fc.constantFrom<unknown>(RAW, CBOR, 'blob', '', 'AQ', 1, -1, 0.5, null, true)
    const { json: documents } = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof({ depthSize: 'small' }, leaves, fc.dictionary(keys, tie('json')), fc.array(tie('json'))),
    }))
    fc.assert(
      fc.property(documents, (json) => {
        try {
          expect(dataToJson(jsonToData(json))).toEqual(json)
        } catch (error) {
          expect(error).toMatchObject({ code: 'InvalidData' })
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('jsonToRecord', () => {
  it('asks for an object with $type', () => {
    expect(jsonToRecord({ $type: 'com.example.thing', a: 1 })).toEqual({ $type: 'com.example.thing', a: 1 })
    for (const json of [{ a: 1 }, [], 'x', null, { $link: RAW }]) expect(() => jsonToRecord(json)).toThrow(INVALID)
  })
})

describe('findBlobs', () => {
  const cid = Cid.parse(RAW)
  const typed = (size: number) => ({ $type: 'blob', ref: cid, mimeType: 'image/png', size })

  it('finds typed and legacy references wherever they are', () => {
    const value: DataValue = {
      $type: 'com.example.thing',
      one: typed(1),
      many: [typed(2), { deep: [[typed(3)]] }],
      old: { cid: RAW, mimeType: 'image/jpeg' },
      bytes: Buffer.from('x'),
      none: null,
    }
    expect(findBlobs(value)).toEqual([
      { cid, mimeType: 'image/png', size: 1 },
      { cid, mimeType: 'image/png', size: 2 },
      { cid, mimeType: 'image/png', size: 3 },
      { cid, mimeType: 'image/jpeg', size: null },
    ])
  })

  it('passes over what is none', () => {
    expect(
      findBlobs([
        cid,
        RAW,
        { cid: 'not a cid', mimeType: 'image/png' },
        { cid: RAW, mimeType: 'image/png', more: 1 },
        { cid: RAW },
        { ...typed(1), ref: RAW },
        { ...typed(1), ref: Cid.parse(CBOR) },
        { ...typed(1), size: -1 },
        { ...typed(1), $type: 'com.example.blob' },
      ]),
    ).toEqual([])
  })
})
