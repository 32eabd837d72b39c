import { Secp256k1Keypair } from '@atproto/crypto'
import { def, verifyCommitSig } from '@atproto/repo'
import * as dagCbor from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { readFileSync } from 'node:fs'
import { MemoryBlockstore } from '../../src/repo-engine/blockstore.js'
import { decodeCar } from '../../src/repo-engine/car.js'
import { Cid } from '../../src/repo-engine/cid.js'
import {
  decodeCommit,
  encodeCommit,
  encodeUnsignedCommit,
  readCommit,
  signCommit,
  type UnsignedCommit,
  verifyCommit,
} from '../../src/repo-engine/commit.js'
import { RepoError } from '../../src/repo-engine/errors.js'
import { SigningKey } from '../../src/repo-engine/keys.js'
import { type Did, parseDid } from '../../src/repo-engine/syntax.js'
import { parseTid } from '../../src/repo-engine/tid.js'

const did = parseDid('did:plc:ewvi7nxzyoun6zhxrhs64oiz')
const data = Cid.ofCbor(Buffer.from('data'))
const prev = Cid.ofCbor(Buffer.from('prev'))
const rev = parseTid('3k67up3j7hf2x')
const key = SigningKey.generate()
const other = SigningKey.generate()

const shapes: [string, UnsignedCommit][] = [
  ['version 3', { did, version: 3, data, rev, prev: null }],
  ['version 3 with a link to the one before', { did, version: 3, data, rev, prev }],
  ['version 2', { did, version: 2, data, rev: null, prev }],
  ['version 2, the first', { did, version: 2, data, rev: null, prev: null }],
  ['version 2 with a rev', { did, version: 2, data, rev, prev }],
  ['a long DID', { did: ('did:web:' + 'a.'.repeat(500) + 'example') as Did, version: 3, data, rev, prev: null }],
]

/** What a general encoder makes of the same fields. */
const general = (commit: object) => {
  const link = (value: unknown) => (value instanceof Cid ? CID.decode(value.bytes) : value)
  const fields = Object.entries(commit).map(([name, value]) => [name, link(value)])
  return dagCbor.encode(Object.fromEntries(fields.filter(([name, value]) => name !== 'rev' || value !== null)))
}

function errorOf(run: () => unknown): RepoError {
  try {
    run()
  } catch (error) {
    if (error instanceof RepoError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe.each(shapes)('a commit of %s', (_, unsigned) => {
  const block = signCommit(unsigned, key)

  it('is canonical DAG-CBOR', () => {
    const sig = Buffer.alloc(64, 7)
    expect(encodeUnsignedCommit(unsigned).equals(general(unsigned))).toBe(true)
    expect(encodeCommit({ ...unsigned, sig }).equals(general({ ...unsigned, sig }))).toBe(true)
  })

  it('comes back with its fields and the bytes that were signed', () => {
    const { sig, unsigned: signed, ...fields } = decodeCommit(block)
    expect(Object.entries(fields).map(String).sort()).toEqual(Object.entries(unsigned).map(String).sort())
    expect(sig).toHaveLength(64)
    expect(signed.equals(encodeUnsignedCommit(unsigned))).toBe(true)
  })

  it('verifies with its key alone', () => {
    expect(verifyCommit(decodeCommit(block), key.didKey)).toBe(true)
    expect(verifyCommit(decodeCommit(block), other.didKey)).toBe(false)
  })

  it('does not verify, or does not decode, with any byte changed or cut off', () => {
    for (let at = 0; at < block.length; at++) {
      for (const mask of [1, 0x20, 0x80, 0xff]) {
        const changed = Buffer.from(block)
        changed[at]! ^= mask
        let good = false
        try {
          good = verifyCommit(decodeCommit(changed), key.didKey)
        } catch (error) {
          expect(error).toMatchObject({ code: 'InvalidCommit' })
        }
        expect(good).toBe(false)
      }
      expect(errorOf(() => decodeCommit(block.subarray(0, at))).code).toBe('InvalidCommit')
    }
  })
})

describe('commits of other software', () => {
  it('are told apart by @atproto/repo as ours are', async () => {
    const block = signCommit({ did, version: 3, data, rev, prev: null }, key)
    const commit = def.commit.schema.parse(dagCbor.decode(block))
    expect(await verifyCommitSig(commit, key.didKey)).toBe(true)
    expect(await verifyCommitSig(commit, other.didKey)).toBe(false)
  })

  it('signed by @atproto/crypto verify', async () => {
    const keypair = await Secp256k1Keypair.create()
    const unsigned = { did, version: 3, data, rev, prev: null } as const
    const sig = await keypair.sign(general(unsigned))
    expect(verifyCommit(decodeCommit(general({ ...unsigned, sig })), keypair.did())).toBe(true)
  })

  it('of a real repository of 2023 decode', () => {
    const { roots, blocks } = decodeCar(readFileSync(new URL('../fixtures/cars/greenground.car', import.meta.url)))
    const commit = decodeCommit(blocks.find(({ cid }) => cid.equals(roots[0]))!.bytes)
    expect(commit).toMatchObject({ did: 'did:plc:kzcqyc3unb33eh5sxzsfs25z', rev: '3k67up3j7hf2x', version: 3 })
    expect(String(commit.data)).toBe('bafyreiejqm332nncmkzsmztfkle54ysi7uibkrgbo2ysyhatrzqxdnhxby')
    expect(String(commit.prev)).toBe('bafyreidvyrvlbvux6e55fn4eoeoa6gtfboxjmvwvxlpjebijstfdwg6v3e')
  })
})

describe('what is not a commit', () => {
  const sig = Buffer.alloc(64)
  const good = { did, version: 3, data, rev, prev: null, sig }
  const { prev: _prev, ...withoutPrev } = good
  const { rev: _rev, ...withoutRev } = good
  const { data: _data, ...withoutData } = good
  const { sig: _sig, ...withoutSig } = good

  it.each<[string, unknown, RegExp]>([
    ['version 1', { ...good, version: 1 }, /version must be 3 or 2, not 1/],
    ['version 4', { ...good, version: 4 }, /not 4/],
    ['no version', { did, data, rev, prev: null, sig }, /version/],
    ['a version that is an object', { ...good, version: { toString: 1 } }, /not object/],
    ['a root of 2022', { root: data, sig }, /version/],
    ['an unknown field', { ...good, extra: 1 }, /unknown fields/],
    ['no prev', withoutPrev, /prev/],
    ['a prev of text', { ...good, prev: 'x' }, /prev/],
    ['no rev', withoutRev, /rev/],
    ['a rev that is null, in version 2', { ...good, version: 2, rev: null }, /unknown fields/],
    ['a rev that is no TID', { ...good, rev: '2023-01-01' }, /rev/],
    ['no data', withoutData, /data/],
    ['data that is text', { ...good, data: String(data) }, /data/],
    ['a bad DID', { ...good, did: 'alice.test' }, /did/],
    ['no signature', withoutSig, /signature/],
    ['a short signature', { ...good, sig: sig.subarray(1) }, /signature/],
    ['a signature of text', { ...good, sig: 'x'.repeat(64) }, /signature/],
    ['a list', [good], /version/],
    ['null', null, /map/],
    ['a number', 3, /map/],
  ])('%s', (_, value, message) => {
    const plain = (item: unknown): unknown => {
      if (item instanceof Cid) return CID.decode(item.bytes)
      if (item instanceof Uint8Array || item === null || typeof item !== 'object') return item
      if (Array.isArray(item)) return item.map(plain)
      return Object.fromEntries(Object.entries(item).map(([name, field]) => [name, plain(field)]))
    }
    const error = errorOf(() => decodeCommit(dagCbor.encode(plain(value))))
    expect(error.code).toBe('InvalidCommit')
    expect(error.message).toMatch(message)
  })

  it('no CBOR at all', () => {
    expect(errorOf(() => decodeCommit(Buffer.from('hello'))).code).toBe('InvalidCommit')
    expect(errorOf(() => decodeCommit(Buffer.alloc(0))).code).toBe('InvalidCommit')
  })
})

describe('reading a commit from a store', () => {
  const block = signCommit({ did, version: 3, data, rev, prev: null }, key)
  const head = Cid.ofCbor(block)
  const store = new MemoryBlockstore()
  store.put(head, block)

  it('gives it when it is by the author that was named', () => {
    expect(readCommit(store, head, {}).commit.rev).toBe(rev)
    expect(readCommit(store, head, { did, didKey: key.didKey }).bytes).toBe(block)
  })

  it('says what is wrong otherwise', () => {
    const carla = parseDid('did:web:carla.test')
    expect(errorOf(() => readCommit(store, data, {})).code).toBe('MissingBlock')
    expect(errorOf(() => readCommit(store, head, { did: carla })).message).toMatch(/not of did:web:carla.test/)
    expect(errorOf(() => readCommit(store, head, { did, didKey: other.didKey })).code).toBe('InvalidSignature')
    expect(errorOf(() => readCommit(store, head, { did, didKey: 'did:key:z' })).code).toBe('InvalidKey')
    expect(errorOf(() => readCommit({ get: () => block }, data, {})).code).toBe('InvalidCommit')
    expect(errorOf(() => readCommit({ get: () => block }, Cid.ofRaw(block), {})).code).toBe('InvalidCommit')
  })
})
