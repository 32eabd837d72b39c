/** Records as files: JSON where it says all, bytes where it does not. */
import fc from 'fast-check'
import { type DataValue, encodeCbor } from '../../../src/repo-engine/cbor.js'
import { Cid, CODEC_RAW } from '../../../src/repo-engine/cid.js'
import { dataToJson } from '../../../src/repo-engine/data.js'
import { packRecord, unpackRecord } from '../../../src/repo-engine/unpacked/record-file.js'

const PATH = 'com.example.note/one'
const cid = Cid.ofCbor(encodeCbor({}))
const block = (bytes: Uint8Array, codec?: number) => ({
  path: PATH,
  cid: codec === undefined ? Cid.ofCbor(bytes) : Cid.of(codec, bytes),
  bytes,
})
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const json = (text: string) => packRecord({ path: `${PATH}.json`, bytes: new TextEncoder().encode(text) })

it('a record is JSON that people read and compare line by line', () => {
  const record = {
    $type: 'com.example.note',
    text: 'Grüße \u2028 "quoted"',
    tags: ['a', 'b'],
    none: [],
    empty: {},
    '10': 1,
    '9': -2,
    link: cid,
    bytes: new Uint8Array([1, 2, 3, 4]),
    ok: true,
    nothing: null,
  }
  const file = unpackRecord(block(encodeCbor(record)))
  expect(file.path).toBe(`${PATH}.json`)
  expect(textOf(file.bytes)).toBe(`{
  "$type": "com.example.note",
  "10": 1,
  "9": -2,
  "bytes": {
    "$bytes": "AQIDBA"
  },
  "empty": {},
  "link": {
    "$link": "${cid.toString()}"
  },
  "none": [],
  "nothing": null,
  "ok": true,
  "tags": [
    "a",
    "b"
  ],
  "text": "Grüße \u2028 \\"quoted\\""
}
`)
})

const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((each) => each.isWellFormed())
const { value: values } = fc.letrec<{ value: DataValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    text,
    fc.uint8Array({ maxLength: 20 }),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Cid.ofCbor(bytes)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('$type', '$link', '$bytes', '__proto__', '0')), tie('value'), {
      maxKeys: 4,
    }),
  ),
}))

it('whatever a record is, its file leads back to the very same bytes', () => {
  fc.assert(
    fc.property(fc.dictionary(text, values, { maxKeys: 5 }), (record) => {
      const before = block(encodeCbor(record))
      const file = unpackRecord(before)
      const after = packRecord(file)
      expect(after.path).toBe(PATH)
      expect(after.cid.equals(before.cid)).toBe(true)
      expect(Buffer.compare(after.bytes, before.bytes)).toBe(0)
      if (!file.path.endsWith('.json')) return
      // The form that JSON.stringify gives, keys sorted.
      const sorted = JSON.stringify(dataToJson(record), sortedKeys, 2)
      if (!/"\d+":/.test(sorted)) expect(textOf(file.bytes)).toBe(`${sorted}\n`)
    }),
  )
})

it('any bytes at all are carried', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, isRaw) => {
      const before = block(bytes, isRaw ? CODEC_RAW : undefined)
      const after = packRecord(unpackRecord(before))
      expect([after.cid.toString(), Buffer.from(after.bytes)]).toEqual([before.cid.toString(), Buffer.from(bytes)])
    }),
  )
})

it.each<[string, Uint8Array | DataValue, 'cbor' | 'json']>([
  ['a float', hex('a1 61 61 fb 3ff199999999999a'), 'cbor'],
  ['an integer of 2^53', hex('a1 61 61 1b 0020000000000000'), 'cbor'],
  ['the largest integer there is', hex('a1 61 61 1b 001fffffffffffff'), 'json'],
  ['a length that is longer than it need be', hex('a1 61 61 18 01'), 'cbor'],
  ['an indefinite length', hex('bf 61 61 01 ff'), 'cbor'],
  ['keys in another order', hex('a2 61 62 01 61 61 01'), 'cbor'],
  ['a key twice', hex('a2 61 61 01 61 61 02'), 'cbor'],
  ['a tag that is no link', hex('a1 61 61 c0 60'), 'cbor'],
  ['undefined', hex('a1 61 61 f7'), 'cbor'],
  ['text that is not UTF-8', hex('a1 61 61 61 ff'), 'cbor'],
  ['bytes after the end', hex('a0 00'), 'cbor'],
  ['nothing', hex(''), 'cbor'],
  ['a list', [1], 'cbor'],
  ['a text', 'text', 'cbor'],
  ['a map that looks like a link', { a: { $link: 'x' } }, 'cbor'],
  ['a map that looks like a link of today', { a: { $link: cid.toString() } }, 'cbor'],
  ['a map that looks like bytes', { a: { $bytes: 'AQ' } }, 'cbor'],
  ['a link key beside others', { $link: cid.toString(), b: 1 }, 'cbor'],
  ['a $type that is no text', { $type: 1 }, 'cbor'],
  ['a blob without a size', { a: { $type: 'blob', ref: cid, mimeType: 'image/png' } }, 'cbor'],
  ['a map under __proto__', hex('a1 69 5f5f70726f746f5f5f a1 61 61 01'), 'json'],
  ['JSON of more than is written as text', { a: Array.from({ length: 1_000_000 }, () => [[]]) }, 'cbor'],
])('%s', (_, value, form) => {
  const bytes = value instanceof Uint8Array ? value : encodeCbor(value)
  const file = unpackRecord(block(bytes))
  expect(file.path).toBe(`${PATH}.${form}`)
  expect(Buffer.compare(packRecord(file).bytes, bytes)).toBe(0)
})

it('a record that is not what its CID says is not unpacked', () => {
  expect(() => unpackRecord({ path: PATH, cid, bytes: hex('a1 61 61 01') })).toThrow('does not hash to its CID')
})

it('JSON is read as people write it', () => {
  const tidy = json('{\n  "a": 1,\n  "b": "x"\n}\n')
  expect(json('\ufeff{"b":"x",\r\n"a":1.0}').cid.equals(tidy.cid)).toBe(true)
})

it.each([
  ['', 'not JSON'],
  ['{"a": 1', 'not JSON'],
  ["{'a': 1}", 'not JSON'],
  ['[]', 'not an object'],
  ['"a"', 'not an object'],
  ['null', 'not an object'],
  ['{"a": 1.5}', 'not an integer'],
  ['{"a": 9007199254740993}', 'not an integer'],
  ['{"a": 1e400}', 'not an integer'],
  ['{"a": {"$link": "bafy"}}', '$link is not a CID'],
  ['{"a": {"$bytes": "?"}}', '$bytes is not base64'],
  ['{"a": "\\ud800"}', 'lone surrogate'],
  [`{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'nested too deeply'],
])('%.40s is no record, and it is said of which file', (text, why) => {
  expect(() => json(text)).toThrow(why)
  expect(() => json(text)).toThrow(`${PATH}.json`)
})

it('bytes that are no text are no JSON', () => {
  expect(() => packRecord({ path: `${PATH}.json`, bytes: hex('7b 22 61 22 3a 22 ff 22 7d') })).toThrow('not UTF-8')
})

it('a record that no CAR could hold is refused', () => {
  expect(() => json(JSON.stringify({ a: 'x'.repeat(3_000_000) }))).toThrow('a record of 3000')
})

function sortedKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const map = value as Record<string, unknown>
  return Object.fromEntries(
    Object.keys(map)
      .sort()
      .map((key) => [key, map[key]]),
  )
}
