import { readFileSync } from 'node:fs'
import * as dagCbor from '@ipld/dag-cbor'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { Cid } from '../../../src/repo-engine/cid.js'
import {
  bisect,
  commonPrefix,
  decodeNode,
  encodeNode,
  isMstKey,
  layerOf,
  type NodeData,
  rewriteLink,
  writeNode,
} from '../../../src/repo-engine/mst/node.js'
import { codeOf, EMPTY_ROOT, LEAF, record } from './trees.js'

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/interop/mst/${name}`, import.meta.url), 'utf8')
const heights = JSON.parse(fixture('key_heights.json')) as { key: string; height: number }[]
const prefixes = JSON.parse(fixture('common_prefix.json')) as { left: string; right: string; len: number }[]
const examples = fixture('example_keys.txt').trim().split('\n')

/** The wire form of a node for a general encoder. */
function wire({ keys, values, links }: NodeData): { e: object[]; l: CID | null } {
  const link = (cid: Cid | null): CID | null => cid && CID.decode(cid.bytes)
  return {
    e: keys.map((key, i) => {
      const p = i === 0 ? 0 : commonPrefix(keys[i - 1], key)
      return { k: Buffer.from(key.slice(p)), p, t: link(links[i + 1]), v: link(values[i]) }
    }),
    l: link(links[0]),
  }
}

/** Ascending keys of one layer. */
const anyNode: fc.Arbitrary<NodeData> = fc
  .record({
    layer: fc.constantFrom(0, 0, 1, 2),
    length: fc.oneof(fc.nat(8), fc.constantFrom(22, 23, 24, 25, 255, 256, 300)),
    rkey: fc.string({ unit: fc.constantFrom(...'ab.~_:-Z9'), maxLength: 290 }),
    seed: fc.nat(50),
  })
  .map(({ layer, length, rkey, seed }) => {
    const keys: string[] = []
    for (let n = seed; keys.length < length; n++) {
      const key = `com.example.col${n % 3}/${rkey}${n}`
      if (layerOf(key) === layer) keys.push(key)
    }
    keys.sort()
    return {
      keys,
      values: keys.map((_, i) => record(i)),
      links: [null, ...keys].map((_, i) => (i % 3 ? null : record(i + 1000))),
    }
  })

describe('keys', () => {
  it.each(heights)('puts "$key" on layer $height', ({ key, height }) => expect(layerOf(key)).toBe(height))

  it('puts the example keys on the layer their name says', () => {
    expect(examples).toHaveLength(156)
    for (const key of examples) expect(layerOf(key)).toBe(Number(key[1]))
  })

  it.each(prefixes)('"$left" and "$right" share $len', ({ left, right, len }) =>
    expect(commonPrefix(left, right)).toBe(len),
  )

  it.each(['a/b', 'app.bsky.feed.post/3jqfcqzm3fo2j', 'a.b/~_:-.', `a/${'b'.repeat(1022)}`])('takes %.40s', (key) =>
    expect(isMstKey(key)).toBe(true),
  )

  it.each(['', '/', 'a', 'a/', '/b', 'a/b/c', 'a b/c', 'a/é', 'a/b\n', 'a/\0', 'a/b+', `a/${'b'.repeat(1023)}`])(
    'refuses %.40j',
    (key) => expect(isMstKey(key)).toBe(false),
  )

  it('bisects to the first key that is not less', () => {
    const keys = ['b', 'd', 'f']
    expect(['a', 'b', 'c', 'd', 'f', 'g'].map((key) => bisect(keys, key))).toEqual([0, 0, 1, 1, 2, 3])
    expect(bisect([], 'a')).toBe(0)
  })
})

describe('the codec of nodes', () => {
  it('encodes as DAG-CBOR does, and reads it back', () => {
    fc.assert(
      fc.property(anyNode, (node) => {
        const bytes = encodeNode(node)
        expect(Buffer.from(bytes).equals(dagCbor.encode(wire(node)))).toBe(true)
        expect(Buffer.from(writeNode(node)).equals(bytes)).toBe(true)
        const read = decodeNode(bytes)
        expect(read.keys).toEqual(node.keys)
        expect(read.values.map(String)).toEqual(node.values.map(String))
        expect(read.links.map(String)).toEqual(node.links.map(String))
        expect(read.layer).toBe(node.keys.length === 0 ? -1 : layerOf(node.keys[0]))
      }),
      { numRuns: 60 },
    )
  })

  it('rewrites any one link of a node it has the bytes of', () => {
    fc.assert(
      fc.property(anyNode, fc.nat(), (node, seed) => {
        const present = node.links.flatMap((link, i) => (link ? [i] : []))
        const index = present[seed % present.length]
        const links = node.links.with(index, LEAF)
        const text = Buffer.from(encodeNode(node)).toString('latin1')
        const expected = encodeNode({ ...node, links })
        expect(Buffer.from(rewriteLink(text, index, LEAF)).equals(expected)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  it('makes a node larger than its first buffer', () => {
    const keys = Array.from({ length: 900 }, (_, n) => `a/${n}${'x'.repeat(200)}`).filter((key) => layerOf(key) === 0)
    keys.sort()
    const node = { keys, values: keys.map(() => LEAF), links: [null, ...keys.map(() => null)] }
    expect(decodeNode(encodeNode(node)).keys).toEqual(keys)
  })

  it('knows the empty tree', () => {
    const empty = { keys: [], values: [], links: [null] }
    expect(Cid.ofCbor(encodeNode(empty)).toString()).toBe(EMPTY_ROOT)
    expect(decodeNode(encodeNode(empty))).toEqual({ ...empty, layer: -1 })
  })

  it('fails only as InvalidMst, whatever bytes are changed, cut or added', () => {
    fc.assert(
      fc.property(anyNode, fc.nat(), fc.nat(255), fc.constantFrom('change', 'cut', 'add'), (node, at, byte, how) => {
        const bytes = Buffer.from(encodeNode(node))
        const i = at % bytes.length
        const hurt =
          how === 'cut' ? bytes.subarray(0, i) : how === 'add' ? Buffer.concat([bytes, Buffer.of(byte)]) : bytes
        if (how === 'change') bytes[i] = byte
        let read: NodeData
        try {
          read = decodeNode(hurt)
        } catch (error) {
          expect((error as { code: string }).code).toBe('InvalidMst')
          return
        }
        // What is still read must be a node in its one form.
        expect(Buffer.from(encodeNode(read)).equals(hurt)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('nodes that are refused', () => {
  const v = CID.decode(LEAF.bytes)
  const k = (text: string): Uint8Array => Buffer.from(text, 'latin1')
  const entry = (key: string, p = 0, more: object = {}): object => ({ k: k(key), p, t: null, v, ...more })
  const raw = CID.decode(Cid.ofRaw(Buffer.from('x')).bytes)
  // a/1, a/4 and a/11 stand on layer 0, so nothing but what its name says is wrong with a case.
  const cases: Record<string, unknown> = {
    'not a map': [],
    'a map without l': { e: [] },
    'a map with another key': { e: [], l: null, x: null },
    'entries that are not a list': { e: {}, l: null },
    'an entry without t': { e: [{ k: k('a/1'), p: 0, v }], l: null },
    'an entry with another key': { e: [entry('a/1', 0, { w: 1 })], l: null },
    'a value of null': { e: [entry('a/1', 0, { v: null })], l: null },
    'a value that is not a link': { e: [entry('a/1', 0, { v: 'x' })], l: null },
    'a subtree that is a raw block': { e: [entry('a/1', 0, { t: raw })], l: null },
    'a left subtree that is a raw block': { e: [entry('a/1')], l: raw },
    'a key as text': { e: [{ k: 'a/1', p: 0, t: null, v }], l: null },
    'a first key with a prefix': { e: [entry('a/1', 1)], l: null },
    'a prefix longer than the key before': { e: [entry('a/1'), entry('1', 4)], l: null },
    'a negative prefix': { e: [entry('a/1', -1)], l: null },
    'a fractional prefix': { e: [entry('a/1', 0.5)], l: null },
    'a prefix that is too short': { e: [entry('a/1'), entry('/4', 1)], l: null },
    'no prefix where there could be one': { e: [entry('a/1'), entry('a/4')], l: null },
    'keys out of order': { e: [entry('a/4'), entry('1', 2)], l: null },
    'a key twice': { e: [entry('a/1'), entry('', 3)], l: null },
    'a key before its prefix': { e: [entry('a/11'), entry('', 3)], l: null },
    'keys of two layers': { e: [entry('A0/374913'), entry('B1/986427')], l: null },
    'an empty key': { e: [entry('')], l: null },
    'a key without a slash': { e: [entry('abc')], l: null },
    'a key with two slashes': { e: [entry('a/b/c')], l: null },
    'a key outside ASCII': { e: [entry('a/\xc3\xa9')], l: null },
    'a split character': { e: [entry('a/\xc3\xa9'), entry('\xaa', 3)], l: null },
    'a key that is too long': { e: [entry(`a/${'b'.repeat(1023)}`)], l: null },
    'a key too long by its prefix': { e: [entry(`a/${'b'.repeat(1020)}`), entry('c'.repeat(10), 1022)], l: null },
  }

  it.each(Object.entries(cases))('%s', (_, node) => {
    expect(codeOf(() => decodeNode(dagCbor.encode(node)))).toBe('InvalidMst')
  })

  const good = Buffer.from(dagCbor.encode({ e: [entry('a/1')], l: null })).toString('hex')
  it.each([
    ['a length in two bytes', good.replace('616b43', '616b5803')],
    ['a prefix in two bytes', good.replace('617000', '61701800')],
    ['a list of unknown length', good.replace('616581', '61659f').replace(/616cf6$/, 'ff616cf6')],
    ['keys of the map in another order', 'a2616cf6616580'],
    ['a key of the map twice', 'a2616580616580'],
    ['undefined for null', good.replace(/f6$/, 'f7')],
    ['a list that claims four billion entries', 'a261659affffffff'],
    ['a list that claims more entries than a number holds', 'a261659bffffffffffffffff'],
    ['no bytes', ''],
    ['bytes after the end', `${good}00`],
    ['a CID without its leading zero', good.replace('d82a582500', 'd82a582501')],
    ['another tag', good.replace('d82a', 'd82b')],
    ['a CID of version 0', good.replace('d82a58250001', 'd82a58250000')],
    ['a CID of another hash', good.replace('01711220', '01711320')],
    ['a CID of another length', good.replace('01711220', '01711221')],
  ])('%s', (_, hex) => {
    expect(hex).not.toBe(good)
    expect(codeOf(() => decodeNode(Buffer.from(hex, 'hex')))).toBe('InvalidMst')
  })

  it('but the plain one is read', () => expect(decodeNode(Buffer.from(good, 'hex')).keys).toEqual(['a/1']))
})
