import * as dagCbor from '@ipld/dag-cbor'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { Cid } from '../../src/repo-engine/cid.js'
import {
  CborReader,
  CborWriter,
  decodeCbor,
  decodeCborPrefix,
  encodeCbor,
  type DataMap,
  type DataValue,
} from '../../src/repo-engine/cbor.js'
import { RepoError } from '../../src/repo-engine/errors.js'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const encode = (value: unknown) => encodeCbor(value as DataValue)
const cid = Cid.ofCbor(Buffer.from('x'))
const LINK = `d82a582500${Buffer.from(cid.bytes).toString('hex')}`

const integers = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.nat(300),
  fc.constantFrom(23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32),
)
const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ minLength: 200, maxLength: 300 }),
)
const cids = fc.tuple(fc.uint8Array(), fc.constantFrom(0x55, 0x71)).map(([data, codec]) => Cid.of(codec, data))
const mapKeys = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('$type', 'a', '10', '2'),
)

/** Values of the data model, with links as they suit `link`. */
const { value: values } = fc.letrec<{ value: DataValue; map: DataMap }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), integers, texts, fc.uint8Array({ maxLength: 300 }), cids),
    fc.array(tie('value'), { maxLength: 30 }),
    tie('map'),
  ),
  map: fc.dictionary(
    mapKeys.filter((key) => key !== '__proto__'),
    tie('value'),
    { maxKeys: 40 },
  ),
}))

/** The same value for the reference codec, which knows links as CIDs of multiformats. */
function forReference(value: DataValue): unknown {
  if (value instanceof Cid) return CID.decode(value.bytes)
  if (Array.isArray(value)) return value.map(forReference)
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, forReference(item)]))
}

function expectCode(act: () => unknown, ...codes: string[]): void {
  let code = 'nothing thrown'
  try {
    act()
  } catch (error) {
    if (!(error instanceof RepoError)) throw error
    code = error.code
  }
  expect(codes).toContain(code)
}

describe('against @ipld/dag-cbor', () => {
  it('encodes to the same bytes', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(encodeCbor(value).equals(dagCbor.encode(forReference(value)))).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(values, (value) => {
        const encoded = encodeCbor(value)
        const decoded = decodeCbor(encoded)
        expect(forReference(decoded)).toEqual(dagCbor.decode(encoded))
        expect(encodeCbor(decoded).equals(encoded)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })
})

describe('bytes from outside', () => {
  it('decode to one value that encodes to them again, or are InvalidCbor', () => {
    const mutated = fc
      .tuple(
        values,
        fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'cut', 'insert')), { maxLength: 4 }),
      )
      .map(([value, edits]) => {
        let encoded: Buffer = encodeCbor(value)
        for (const [where, byte, how] of edits) {
          const at = where % encoded.length
          if (how === 'set') encoded[at] = byte
          else if (how === 'cut') encoded = encoded.subarray(0, Math.max(at, 1))
          else encoded = Buffer.concat([encoded.subarray(0, at), Buffer.from([byte]), encoded.subarray(at)])
        }
        return encoded
      })
    const initial = fc.constantFrom(0x00, 0x18, 0x20, 0x41, 0x61, 0x81, 0xa1, 0xd8, 0x2a, 0x58, 0x25, 0xf6, 0xff, 0x9f)
    const random = fc.oneof(
      fc.uint8Array(),
      fc.array(initial).map((list) => Uint8Array.from(list)),
    )
    fc.assert(
      fc.property(fc.oneof(mutated, random), (input) => {
        let value: DataValue
        try {
          value = decodeCbor(input)
        } catch (error) {
          expect(error).toBeInstanceOf(RepoError)
          return
        }
        expect(encodeCbor(value).equals(input)).toBe(true)
      }),
      { numRuns: 2500 },
    )
  })

  it.each([
    ['nothing', ''],
    ['an indefinite array', '9fff'],
    ['an indefinite map', 'bfff'],
    ['an indefinite text', '7f6161ff'],
    ['an indefinite byte string', '5f4100ff'],
    ['a break', 'ff'],
    ['a reserved argument', '1c'],
    ['23 in two bytes', '1817'],
    ['255 in three bytes', '1900ff'],
    ['65535 in five bytes', '1a0000ffff'],
    ['2^32 - 1 in nine bytes', '1b00000000ffffffff'],
    ['-24 in two bytes', '3817'],
    ['a length that is not shortest', '580101'],
    ['a count that is not shortest', '980100'],
    ['2^53', '1b0020000000000000'],
    ['2^64 - 1', '1bffffffffffffffff'],
    ['-2^53', '3b001fffffffffffff'],
    ['-2^64', '3bffffffffffffffff'],
    ['a half float', 'f93c00'],
    ['a single float', 'fa3f800000'],
    ['a double float', 'fb3ff199999999999a'],
    ['an infinity', 'fb7ff0000000000000'],
    ['a NaN', 'fb7ff8000000000000'],
    ['undefined', 'f7'],
    ['a simple value', 'f0'],
    ['a simple value in two bytes', 'f820'],
    ['false in two bytes', 'f814'],
    ['tag 0', 'c06161'],
    ['tag 2', 'c24101'],
    ['tag 43', `d82b${LINK.slice(4)}`],
    ['tag 42 in three bytes', `d9002a${LINK.slice(4)}`],
    ['tag 42 over a text', 'd82a6161'],
    ['tag 42 over nothing', 'd82a'],
    ['a link without the zero', `d82a5824${LINK.slice(10)}`],
    ['a link with another first byte', LINK.replace('582500', '582501')],
    ['a link to a CIDv0', 'd82a582300 1220' + '00'.repeat(32)],
    ['a link with another codec', LINK.replace('582500' + '0171', '582500' + '0170')],
    ['a link with another hash', LINK.replace('01711220', '01711320')],
    ['an identity link', 'd82a450001550000'],
    ['a link that ends early', LINK.slice(0, -2)],
    ['a key that is a number', 'a10000'],
    ['a key that is bytes', 'a1416100'],
    ['a key twice', 'a2616100616100'],
    ['keys not sorted', 'a2616200616100'],
    ['a longer key first', 'a262616100616200'],
    ['a key without a value', 'a16161'],
    ['invalid UTF-8', '61ff'],
    ['UTF-8 that is too long', '62c080'],
    ['UTF-8 cut off', '62e282'],
    ['a surrogate in UTF-8', '63eda080'],
    ['an invalid key', 'a161ff00'],
    ['a byte that an ASCII text would have as a letter', 'a161e900'],
    ['trailing bytes', '0000'],
    ['a text beyond the end', '626100'.slice(0, 4)],
    ['2^53 - 1 bytes', '5b001fffffffffffff00'],
    ['2^53 - 1 letters', '7b001fffffffffffff00'],
    ['2^53 - 1 items', '9b001fffffffffffff00'],
    ['2^53 - 1 keys', 'bb001fffffffffffff00'],
    ['2^32 - 1 items', '9affffffff00'],
    ['one key declared, no byte left', 'a1'],
    ['an array cut off', '8200'],
  ])('refuses %s', (_name, hex) => {
    expectCode(() => decodeCbor(bytes(hex)), 'InvalidCbor')
  })

  it('takes texts with U+FFFD and a byte order mark as they are', () => {
    for (const text of ['\ufffd', 'a\ufffdé', '\ufeffa', '\u0000']) expect(decodeCbor(encode(text))).toBe(text)
  })

  it('takes the extremes', () => {
    expect(decodeCbor(bytes('1b001fffffffffffff'))).toBe(Number.MAX_SAFE_INTEGER)
    expect(decodeCbor(bytes('3b001ffffffffffffe'))).toBe(Number.MIN_SAFE_INTEGER)
  })

  it('keeps __proto__ an ordinary key', () => {
    const hex = 'a1 69 5f5f70726f746f5f5f a1 61 61 01'
    const value = decodeCbor(bytes(hex)) as DataMap
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect((value as { a?: unknown }).a).toBeUndefined()
    expect(encodeCbor(value).equals(bytes(hex))).toBe(true)
    for (const key of ['constructor', 'toString', 'hasOwnProperty']) {
      const map = decodeCbor(encode({ [key]: 1 })) as DataMap
      expect(Object.entries(map)).toEqual([[key, 1]])
    }
  })

  it('limits depth and items', () => {
    const nested = (depth: number, head: string) => bytes(head.repeat(depth) + '00')
    for (const head of ['81', 'a16161']) {
      expect(() => decodeCbor(nested(64, head))).not.toThrow()
      expectCode(() => decodeCbor(nested(65, head)), 'LimitExceeded')
      expectCode(() => decodeCbor(nested(3, head), { maxDepth: 2 }), 'LimitExceeded')
      expect(() => decodeCbor(nested(500, head), { maxDepth: 500 })).not.toThrow()
    }
    expectCode(() => decodeCbor(Buffer.alloc(1_000_000, 0x81)), 'LimitExceeded')
    expect(decodeCbor(bytes('83010203'), { maxItems: 3 })).toEqual([1, 2, 3])
    expectCode(() => decodeCbor(bytes('8301028103'), { maxItems: 3 }), 'LimitExceeded')
  })

  it('stays quick on large input', () => {
    const started = performance.now()
    expectCode(() => decodeCbor(Buffer.concat([bytes('9a00200000'), Buffer.alloc(2 ** 21, 0x80)])), 'LimitExceeded')
    for (const byte of [0x80, 0xa0, 0x60, 0x9b, 0xbb, 0x5b]) {
      const input = Buffer.concat([bytes('9a000f4240'), Buffer.alloc(1_000_000, byte)])
      try {
        decodeCbor(input)
      } catch (error) {
        expect(error).toBeInstanceOf(RepoError)
      }
    }
    expect(performance.now() - started).toBeLessThan(60_000)
  })

  it('does not mix up keys that share a cache slot', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }), { maxLength: 50 }),
        (names) => {
          const map = Object.fromEntries(names.filter((name) => name !== '__proto__').map((name) => [name, 1]))
          expect(decodeCbor(encode(map))).toEqual(map)
        },
      ),
    )
  })
})

describe('values from inside', () => {
  it.each([
    ['undefined', undefined],
    ['a float', 1.5],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['2^53', 2 ** 53],
    ['-2^53', -(2 ** 53)],
    ['a bigint', 1n],
    ['a symbol', Symbol('x')],
    ['a function', () => 1],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a long text', 'x'.repeat(100) + '\udc00'],
    ['a lone surrogate in a key', { '\ud800': 1 }],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['another typed array', new Uint16Array(1)],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['an instance of a class', new (class Thing {})()],
    ['a String object', Object('x')],
    ['a hole', new Array(1)],
    ['undefined in a map', { a: undefined }],
  ])('refuses %s', (_name, value) => {
    expectCode(() => encode(value), 'InvalidData')
    expectCode(() => encode([{ deep: value }]), 'InvalidData')
    // A refusal leaves nothing behind.
    expect(encode(1)).toEqual(bytes('01'))
  })

  it('refuses cycles and depth', () => {
    const cycle: unknown[] = []
    cycle.push({ cycle })
    expectCode(() => encode(cycle), 'LimitExceeded')
    const nested = (depth: number): unknown => (depth === 0 ? 0 : [nested(depth - 1)])
    expect(encode(nested(64)).length).toBe(65)
    expectCode(() => encode(nested(65)), 'LimitExceeded')
  })

  it('writes -0 as 0, and takes objects without prototype', () => {
    expect(encode(-0)).toEqual(bytes('00'))
    expect(encode(Object.assign(Object.create(null), { a: 1 }))).toEqual(bytes('a1616101'))
  })

  it('sorts keys by length, then by bytes', () => {
    const value = { bb: 1, b: 2, aa: 3, é: 4, '\u{10000}': 5, '\uffff': 6, a: 7, 10: 8, 9: 9 }
    expect(encode(value).equals(dagCbor.encode(value))).toBe(true)
    expect(Object.keys(decodeCbor(encode(value)) as object).sort()).toEqual(Object.keys(value).sort())
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${(i * 7919) % 300}`, i]))
    expect(encode(many).equals(dagCbor.encode(many))).toBe(true)
  })

  it('gives bytes that later calls leave alone', () => {
    const first = encode({ a: 'first' })
    const copy = Buffer.from(first)
    encode({ a: 'other', b: 'x'.repeat(5000) })
    expect(first.equals(copy)).toBe(true)
  })
})

describe('decodeCborPrefix', () => {
  it('walks concatenated items', () => {
    const items: DataValue[] = [{ op: 1, t: '#commit' }, [cid, null], 'end']
    const input = Buffer.concat(items.map(encodeCbor))
    const found: DataValue[] = []
    for (let at = 0; at < input.length;) {
      const { value, end } = decodeCborPrefix(input, at)
      found.push(value)
      at = end
    }
    expect(found).toEqual(items)
    expectCode(() => decodeCborPrefix(input, input.length), 'InvalidCbor')
  })
})

describe('CborWriter and CborReader', () => {
  it('meet on known shapes', () => {
    const written = new CborWriter(1)
      .map(6)
      .text('b')
      .bytes(Buffer.from([1, 2]))
      .text('c')
      .cid(cid)
      .text('n')
      .null()
      .text('u')
      .uint(5_000_000_000)
      .text('xs')
      .array(2)
      .bool(true)
      .negint(-1000)
      .text('raw')
      .raw(encode({ a: [1] }))
      .finish()
    const value = { b: Buffer.from([1, 2]), c: cid, n: null, u: 5_000_000_000, xs: [true, -1000], raw: { a: [1] } }
    expect(written).toEqual(encode(value))

    const reader = new CborReader(new Uint8Array(written))
    expect(reader.map()).toBe(6)
    reader.expectKey('b')
    expect(reader.bytes()).toEqual(Buffer.from([1, 2]))
    reader.expectKey('c')
    expect(reader.cid().equals(cid)).toBe(true)
    expect(reader.key()).toBe('n')
    expect(reader.cidOrNull()).toBeNull()
    expect(reader.text()).toBe('u')
    expect(reader.uint()).toBe(5_000_000_000)
    reader.expectKey('xs')
    expect(reader.array()).toBe(2)
    expect(reader.bool()).toBe(true)
    expect(reader.int()).toBe(-1000)
    reader.expectKey('raw')
    expectCode(() => reader.end(), 'InvalidCbor')
    expect(reader.value()).toEqual({ a: [1] })
    expect(reader.isNull()).toBe(false)
    reader.end()
  })

  it('can be used again after finish', () => {
    const writer = new CborWriter()
    expect(writer.text('a').finish()).toEqual(bytes('6161'))
    expect(writer.uint(1).finish()).toEqual(bytes('01'))
    expect(writer.finish().length).toBe(0)
  })

  it('refuse integers of the wrong sign or size', () => {
    for (const value of [-1, 0.5, 2 ** 53, NaN]) expectCode(() => new CborWriter().uint(value), 'InvalidData')
    for (const value of [0, 1, -0.5, -(2 ** 53), NaN]) expectCode(() => new CborWriter().negint(value), 'InvalidData')
  })

  it('refuse every other kind of item', () => {
    const kinds: Record<string, [string, (reader: CborReader) => unknown]> = {
      uint: ['01', (reader) => reader.uint()],
      negint: ['20', (reader) => reader.int()],
      bytes: ['4101', (reader) => reader.bytes()],
      text: ['6161', (reader) => reader.text()],
      cid: [LINK, (reader) => reader.cidOrNull()],
      array: ['80', (reader) => reader.array()],
      map: ['a0', (reader) => reader.map()],
      bool: ['f5', (reader) => reader.bool()],
    }
    for (const [expected, [, read]] of Object.entries(kinds)) {
      for (const [given, [hex]] of Object.entries(kinds)) {
        if (given === expected || (given === 'uint' && expected === 'negint'))
          read(new CborReader(bytes(kinds[given]![0])))
        else expectCode(() => read(new CborReader(bytes(hex))), 'InvalidCbor')
      }
      expectCode(() => read(new CborReader(bytes(''))), 'InvalidCbor')
    }
    expectCode(() => new CborReader(bytes('6162')).expectKey('a'), 'InvalidCbor')
    expectCode(() => new CborReader(bytes('820000').subarray(0, 2)).array(), 'InvalidCbor')
    expectCode(() => new CborReader(bytes('a100')).map(), 'InvalidCbor')
  })
})
