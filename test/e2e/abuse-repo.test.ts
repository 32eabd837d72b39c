/** Hostile input to repositories at the server's edge, by the numbers of the project's list of abuses. */
import type { AtpAgent } from '@atproto/api'
import { verifyProofs } from '@atproto/repo'
import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { Clock } from '../../src/modules/config/clock.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'
import { type Answer, call as callAt } from './call.js'
import {
  blockOf,
  carHeader,
  carOf,
  cborBlock,
  commitOf,
  entriesOf,
  layerOf,
  type RawBlock,
  repoOf,
  repoOver,
  section,
  treeOf,
} from './cars.js'
import { blocksOf, exported, signingKeyOf } from './verified.js'

type Client = AtpAgent & { assertDid: string }

const NOTES = 'com.example.note'
const POSTS = 'app.bsky.feed.post'
const NOW = '2026-01-02T03:04:05.678Z'

let server: TestServer
let alice: Client
let seqOfName = 0
beforeAll(async () => {
  server = await startTestServer()
  alice = await server.signUp('alice')
  await put(alice, 'kept', { kept: true })
})
afterAll(() => stopTestServer(server))

const signUp = (): Promise<Client> => server.signUp(`user${++seqOfName}x`)
const put = async (who: Client, rkey: string, record: Record<string, unknown>, collection = NOTES) =>
  (await who.com.atproto.repo.putRecord({ repo: who.assertDid, collection, rkey, record })).data
const remove = (who: Client, rkey: string) =>
  who.com.atproto.repo.deleteRecord({ repo: who.assertDid, collection: NOTES, rkey })
const importInto = (who: Client, car: Uint8Array, at = server): Promise<Answer> =>
  callAt(at, 'com.atproto.repo.importRepo', {
    as: who,
    body: car,
    headers: { 'content-type': 'application/vnd.ipld.car' },
  })
const note = (n: number): object => ({ $type: NOTES, n })

function expectRefused({ status, json }: Answer, error = 'InvalidRequest', expected = 400): void {
  expect({ status, error: json.error as unknown }).toEqual({ status: expected, error })
}

/** Imports into the account of `alice`, who must not notice. */
async function expectImportRefused(car: Uint8Array): Promise<void> {
  const before = (await alice.com.atproto.sync.getLatestCommit({ did: alice.assertDid })).data
  const begun = performance.now()
  expectRefused(await importInto(alice, car))
  expect(performance.now() - begun).toBeLessThan(60_000)
  expect((await alice.com.atproto.sync.getLatestCommit({ did: alice.assertDid })).data).toEqual(before)
}

/** The first `count` keys, in order, that stand on a layer. */
function keysAt(layer: number, count: number): string[] {
  const keys: string[] = []
  for (let n = 0; keys.length < count; n++) if (layerOf(`${NOTES}/${n}`) === layer) keys.push(`${NOTES}/${n}`)
  return keys.sort()
}

const record = cborBlock(note(0))
const node = (l: CID | null, e: unknown[]): RawBlock => cborBlock({ l, e })
/** A sound node over keys of one layer, with nothing below it. */
const leaf = (keys: readonly string[]): RawBlock =>
  node(
    null,
    entriesOf(
      keys,
      () => record.cid,
      () => null,
    ),
  )

describe('26. trees that never end', () => {
  it('a chain of 50,000 nodes without keys', async () => {
    const chain = [leaf(keysAt(0, 1))]
    for (let depth = 0; depth < 50_000; depth++) chain.push(node(chain.at(-1)!.cid, []))
    await expectImportRefused(await repoOver(alice.assertDid, chain.reverse(), [record]))
  })

  it('a node that is shared by all above it, 40 layers up', async () => {
    const keys = keysAt(0, 41)
    const nodes = [leaf(keys.slice(0, 1))]
    for (let n = 1; n <= 40; n++) {
      const { cid } = nodes.at(-1)!
      nodes.push(node(cid, [{ p: 0, k: Buffer.from(keys[n]!), v: record.cid, t: cid }]))
    }
    await expectImportRefused(await repoOver(alice.assertDid, nodes.reverse(), [record]))
  })

  it('a wide node whose every child is the same', async () => {
    const child = leaf(keysAt(0, 1))
    const e = entriesOf(
      keysAt(1, 1_000),
      () => record.cid,
      () => child.cid,
    )
    await expectImportRefused(await repoOver(alice.assertDid, [node(child.cid, e), child], [record]))
  })

  it('a node that says it is its own child cannot be, so: a child that is the commit', async () => {
    const root = node(
      null,
      entriesOf(
        keysAt(1, 1),
        () => record.cid,
        () => null,
      ),
    )
    const commit = await commitOf({ did: alice.assertDid, data: root.cid })
    const over = node(
      commit.cid,
      entriesOf(
        keysAt(1, 1),
        () => record.cid,
        () => null,
      ),
    )
    const head = await commitOf({ did: alice.assertDid, data: over.cid })
    await expectImportRefused(carOf([head.cid], [head, over, commit, root, record]))
  })
})

describe('27. nodes that are no nodes', () => {
  const [a, b, c] = keysAt(0, 3) as [string, string, string]
  const [high] = keysAt(1, 1) as [string]
  const entry = (key: string, more: object = {}) => ({ p: 0, k: Buffer.from(key), v: record.cid, t: null, ...more })
  const below = leaf([a])
  const prefix = [...b].findIndex((char, i) => char !== a[i])
  const second = { p: prefix, k: Buffer.from(b.slice(prefix)), v: record.cid, t: null }
  const cases: [string, RawBlock, RawBlock[]?][] = [
    [
      'keys in the wrong order',
      node(null, [entry(b), { p: prefix, k: Buffer.from(a.slice(prefix)), v: record.cid, t: null }]),
    ],
    ['a key twice', node(null, [entry(a), { p: a.length, k: Buffer.alloc(0), v: record.cid, t: null }])],
    ['a prefix of nothing', node(null, [entry(a, { p: 3 })])],
    ['a prefix longer than the key before', node(null, [entry(a), { ...second, p: a.length + 1 }])],
    ['a prefix that is not all there is', node(null, [entry(a), entry(b)])],
    ['a negative prefix', node(null, [entry(a), { ...second, p: -1 }])],
    ['a prefix that is text', node(null, [entry(a, { p: '0' })])],
    ['a huge prefix', node(null, [entry(a), { ...second, p: Number.MAX_SAFE_INTEGER }])],
    [
      'keys of two layers',
      node(
        null,
        entriesOf(
          [a, high].sort(),
          () => record.cid,
          () => null,
        ),
      ),
    ],
    ['a child on its own layer', node(below.cid, [entry(b)]), [below]],
    ['a child above it', node(leaf([high]).cid, [entry(c)]), [leaf([high])]],
    [
      'a child with keys on the wrong side',
      node(null, [entry(high, { t: leaf([high > a ? a : b]).cid })]),
      [leaf([high > a ? a : b])],
    ],
    ['a child that is empty', node(node(null, []).cid, [entry(high)]), [node(null, [])]],
    ['a root without keys over a child', node(below.cid, []), [below]],
    ['a child that is a record', node(record.cid, [entry(high)])],
    ['a child that is not there', node(cborBlock('nothing').cid, [entry(high)])],
    ['a key that is no text', node(null, [{ p: 0, k: Uint8Array.of(0x61, 0x2f, 0xff), v: record.cid, t: null }])],
    [
      'a character cut in two',
      node(null, [entry('a.b.c/é'), { p: 7, k: Uint8Array.of(0xaa), v: record.cid, t: null }]),
    ],
    ['a key that is text', node(null, [{ p: 0, k: a, v: record.cid, t: null }])],
    ['an empty key', node(null, [entry('')])],
    ['a value that is nothing', node(null, [entry(a, { v: null })])],
    ['a value that is text', node(null, [entry(a, { v: 'x' })])],
    ['a field too many', cborBlock({ l: null, e: [entry(a)], x: 1 })],
    ['an entry with a field too many', node(null, [entry(a, { x: 1 })])],
    ['a field too few', cborBlock({ e: [entry(a)] })],
    ['entries that are no list', cborBlock({ l: null, e: {} })],
    ['an entry without right side', node(null, [{ p: 0, k: Buffer.from(a), v: record.cid }])],
    ['a list', cborBlock([])],
    ['CBOR that is not canonical', blockOf(Uint8Array.of(0xa2, 0x61, 0x6c, 0xf6, 0x61, 0x65, 0x80))],
  ]

  it.each(cases)('%s', async (_, root, others = []) => {
    await expectImportRefused(await repoOver(alice.assertDid, [root, ...others], [record]))
  })

  it('while the sound one beside them is taken', async () => {
    const who = await signUp()
    expect(
      (await importInto(who, await repoOver(who.assertDid, [node(null, [entry(a), second])], [record]))).status,
    ).toBe(200)
    expect([...(await exported(who, who.assertDid)).records.keys()]).toEqual([a, b])
  })
})

describe('28. mined keys', () => {
  it('grow a tall tree that works like any other, and shrinks again', async () => {
    const who = await signUp()
    const { assertDid: did } = who
    const key = await signingKeyOf(who, did)
    for (let n = 0; n < 30; n++) await put(who, `k${n}`, { n })
    const mined = [5, 7, 8].map((layer) => keysAt(layer, 1)[0]!.split('/')[1]!)
    for (const rkey of mined) {
      await put(who, rkey, { rkey })
      const { bytes } = await callAt(server, 'com.atproto.sync.getRecord', {
        params: { did, collection: NOTES, rkey: 'k1' },
      })
      const { cid } = (await who.com.atproto.repo.getRecord({ repo: did, collection: NOTES, rkey: 'k1' })).data
      const claims = [{ collection: NOTES, rkey: 'k1', cid: CID.parse(cid!) }] as never
      expect((await verifyProofs(bytes, claims, did, key)).unverified).toEqual([])
      expect((await exported(who, did)).records.has(`${NOTES}/${rkey}`)).toBe(true)
    }
    const tall = await blocksOf((await who.com.atproto.sync.getRepo({ did })).data)
    for (const rkey of mined) await remove(who, rkey)
    const { blocks } = await blocksOf((await who.com.atproto.sync.getRepo({ did })).data)
    expect(blocks.length).toBeLessThan(tall.blocks.length - 8)
    expect((await exported(who, did)).records.size).toBe(30)
  })

  it('nothing but mined keys is a repository too', async () => {
    const who = await signUp()
    const keys = [4, 5, 6, 7].flatMap((layer) => keysAt(layer, 3))
    const { car } = await repoOf(who.assertDid, Object.fromEntries(keys.map((key, n) => [key, note(n)])))
    expect((await importInto(who, car)).status).toBe(200)
    expect([...(await exported(who, who.assertDid)).records.keys()]).toEqual(keys.sort())
    for (const key of keys) await remove(who, key.split('/')[1]!)
    expect((await exported(who, who.assertDid)).records.size).toBe(0)
  })
})

describe('29. one CID in many places', () => {
  it('a record that is a node of the same tree', async () => {
    const who = await signUp()
    const { assertDid: did } = who
    const [high] = keysAt(1, 1) as [string]
    const lower = keysAt(0, 200).filter((key) => key < high)
    const keys = lower.slice(0, 3)
    const child = leaf(keys)
    const root = node(child.cid, [{ p: 0, k: Buffer.from(high), v: child.cid, t: null }])
    expect((await importInto(who, await repoOver(did, [root, child], [record]))).status).toBe(200)
    const held = async (): Promise<string[]> => [...(await exported(who, did)).records.keys()]
    expect(await held()).toEqual([...keys, high])

    // The node goes, the record stays, and the other way round.
    const highKey = high.split('/')[1]!
    await put(who, keys[0]!.split('/')[1]!, { changed: true })
    expect(await held()).toEqual([...keys, high])
    const { data } = await who.com.atproto.repo.getRecord({ repo: did, collection: NOTES, rkey: highKey })
    expect(data.cid).toBe(child.cid.toString())
    await put(who, keys[0]!.split('/')[1]!, note(0) as Record<string, unknown>)
    await remove(who, highKey)
    expect(await held()).toEqual(keys)
  })

  it('one record under 500 paths', async () => {
    const who = await signUp()
    const { assertDid: did } = who
    const paths = Array.from({ length: 500 }, (_, n) => `${NOTES}/k${n}`)
    const nodes = treeOf(new Map(paths.map((path) => [path, record.cid])))
    expect((await importInto(who, await repoOver(did, nodes, [record]))).status).toBe(200)
    await remove(who, 'k0')
    await put(who, 'k1', { other: true })
    const { records } = await exported(who, did)
    expect(records.size).toBe(499)
    expect([...records.values()].filter((cid) => cid === record.cid.toString())).toHaveLength(498)
    const { json } = await callAt(server, 'com.atproto.repo.getRecord', {
      params: { repo: did, collection: NOTES, rkey: 'k499' },
    })
    expect(json).toMatchObject({ cid: record.cid.toString(), value: note(0) })
  })

  it('a record that is the commit it came with', async () => {
    const who = await signUp()
    const first = await repoOf(who.assertDid, { [`${NOTES}/a`]: note(0) })
    const nodes = treeOf(new Map([[`${NOTES}/b`, first.commit.cid]]))
    expect((await importInto(who, await repoOver(who.assertDid, nodes, [first.commit]))).status).toBe(200)
    await remove(who, 'b')
    expect((await exported(who, who.assertDid)).records.size).toBe(0)
  })
})

describe('30. CARs that are none', () => {
  let good: Awaited<ReturnType<typeof repoOf>>
  beforeAll(async () => {
    good = await repoOf(alice.assertDid, { [`${NOTES}/a`]: note(1), [`${NOTES}/b`]: note(2) })
  })
  const file = (...sections: Buffer[]): Buffer =>
    Buffer.concat([carHeader({ version: 1, roots: [good.commit.cid] }), ...sections])
  const blocks = (): RawBlock[] => [good.commit, ...good.nodes, ...good.records]
  const all = (): Buffer[] => blocks().map(section)
  const { bytes } = record
  const digest = record.cid.multihash.digest
  const cid = (...prefix: number[]) => ({ bytes: Buffer.concat([Buffer.from(prefix), digest]) })
  const odd: [string, () => Buffer][] = [
    ['a section of no bytes', () => file(Buffer.of(0), ...all())],
    ['a section too short for a CID', () => file(Buffer.of(3, 1, 2, 3), ...all())],
    ['a length that is no number', () => file(Buffer.alloc(12, 0xff), ...all())],
    ['a length that is written too long', () => file(Buffer.of(0x80, 0x00), ...all())],
    ['a length beyond all files', () => file(...all(), Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f))],
    ['a header beyond all files', () => Buffer.of(0xff, 0xff, 0xff, 0xff, 0x7f)],
    [
      'a block that is not what its CID says',
      () => file(section({ cid: good.records[0]!.cid, bytes: good.records[1]!.bytes }), ...all()),
    ],
    [
      'an identity CID',
      () =>
        file(...all(), section({ cid: { bytes: Buffer.of(0x01, 0x71, 0x00, 0x01, 0xa0) }, bytes: Buffer.of(0xa0) })),
    ],
    [
      'a SHA-512 CID',
      () =>
        file(
          ...all(),
          section({ cid: { bytes: Buffer.concat([Buffer.of(0x01, 0x71, 0x13, 0x40), Buffer.alloc(64)]) }, bytes }),
        ),
    ],
    ['a CID of version 0', () => file(...all(), section({ cid: cid(0x12, 0x20), bytes }))],
    ['a CID of version 2', () => file(...all(), section({ cid: cid(0x02, 0x71, 0x12, 0x20), bytes }))],
    [
      'a CID with half a hash',
      () =>
        file(
          ...all(),
          section({
            cid: { bytes: Buffer.concat([Buffer.of(0x01, 0x71, 0x12, 0x10), digest.subarray(0, 16)]) },
            bytes,
          }),
        ),
    ],
    ['a second CAR behind the first', () => Buffer.concat([good.car, good.car])],
    ['no blocks', () => file()],
    ['the commit alone', () => file(section(good.commit))],
    ['all but a record', () => file(...all().slice(0, -1))],
    ['all but the tree', () => file(section(good.commit), ...good.records.map(section))],
  ]

  it.each(odd)('%s', async (_, car) => {
    await expectImportRefused(car())
  })

  it.each<[string, Record<string, unknown>]>([
    ['of an unknown version', { version: 4 }],
    ['without a DID', { did: undefined }],
    ['with a DID that is none', { did: 'alice.test' }],
    ['without a tree', { data: null }],
    ['with a tree that is text', { data: 'bafyrei' }],
    ['with a previous commit that is text', { prev: 'bafyrei' }],
  ])('a commit %s', async (_, fields) => {
    const unsigned = {
      did: alice.assertDid,
      version: 3,
      data: good.nodes[0]!.cid,
      rev: '3jzfcijpj2z2a',
      prev: null,
      ...fields,
    }
    const commit = cborBlock({
      ...Object.fromEntries(Object.entries(unsigned).filter(([, value]) => value !== undefined)),
      sig: Buffer.alloc(64, 1),
    })
    await expectImportRefused(carOf([commit.cid], [commit, ...good.nodes, ...good.records]))
  })

  it('a commit without a signature, or one that is text', async () => {
    const unsigned = { did: alice.assertDid, version: 3, data: good.nodes[0]!.cid, rev: '3jzfcijpj2z2a', prev: null }
    for (const commit of [cborBlock(unsigned), cborBlock({ ...unsigned, sig: 'x' })])
      await expectImportRefused(carOf([commit.cid], [commit, ...good.nodes, ...good.records]))
  })

  it('blocks of others beside the repository are taken in and not kept', async () => {
    const who = await signUp()
    const mine = await repoOf(who.assertDid, { [`${NOTES}/a`]: note(1) })
    const others = [...blocks(), cborBlock({ stray: true }), blockOf(Buffer.from([0xff, 0xff]))]
    const car = carOf([mine.commit.cid], [mine.commit, ...others, ...mine.nodes, ...mine.records])
    expect((await importInto(who, car)).status).toBe(200)
    const { blocks: kept } = await blocksOf((await who.com.atproto.sync.getRepo({ did: who.assertDid })).data)
    expect(kept).toHaveLength(3)
  })

  it('a commit older than the one here is no way back: the rev goes on', async () => {
    const who = await signUp()
    const { commit } = await put(who, 'a', {})
    expect(
      (await importInto(who, (await repoOf(who.assertDid, { [`${NOTES}/b`]: note(1) }, { rev: '3jzfcijpj2z2a' })).car))
        .status,
    ).toBe(200)
    expect((await exported(who, who.assertDid)).rev > commit!.rev).toBe(true)
  })
})

describe('31. CAR bombs', () => {
  it('a block of more than 2 MiB', async () => {
    await expectImportRefused(
      (await repoOf(alice.assertDid, { [`${NOTES}/a`]: { $type: NOTES, text: 'x'.repeat(3 << 20) } })).car,
    )
  })

  it('a header of many roots', async () => {
    const roots = Array.from({ length: 100_000 }, () => record.cid)
    await expectImportRefused(Buffer.concat([carHeader({ version: 1, roots }), section(record)]))
  })

  it('a limit that is set holds, however the body is sent', async () => {
    const small = await startTestServer({ PDS_MAX_REPO_IMPORT_SIZE: '100000' })
    try {
      const who = await small.signUp('alice')
      const { car } = await repoOf(who.assertDid, { [`${NOTES}/a`]: { $type: NOTES, text: 'x'.repeat(200_000) } })
      expect([400, 413]).toContain((await importInto(who, car, small)).status)
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < car.length; at += 10_000) controller.enqueue(car.subarray(at, at + 10_000))
          controller.close()
        },
      })
      const response = await fetch(`${small.url}/xrpc/com.atproto.repo.importRepo`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.ipld.car', authorization: `Bearer ${who.session!.accessJwt}` },
        body: stream,
        duplex: 'half',
      } as RequestInit)
      expect([400, 413]).toContain(response.status)
      expect((await exported(who, who.assertDid)).records.size).toBe(0)
    } finally {
      await stopTestServer(small)
    }
  })

  it('a small file that unfolds beyond the limit: one large record under many paths', async () => {
    const small = await startTestServer({ PDS_MAX_REPO_IMPORT_SIZE: String(2 << 20) })
    try {
      const who = await small.signUp('alice')
      const large = cborBlock({ $type: NOTES, text: 'x'.repeat(900_000) })
      const nodes = treeOf(new Map(Array.from({ length: 60 }, (_, n) => [`${NOTES}/k${n}`, large.cid])))
      const car = await repoOver(who.assertDid, nodes, [large])
      expect(car.length).toBeLessThan(1 << 20)
      expect([400, 413]).toContain((await importInto(who, car, small)).status)
      expect((await exported(who, who.assertDid)).records.size).toBe(0)
    } finally {
      await stopTestServer(small)
    }
  })
})

describe('32. the clock goes backwards', () => {
  it('and revs and keys go on', async () => {
    const who = await signUp()
    const clock = server.app.get(Clock, { strict: false })
    const create = async () =>
      (await who.com.atproto.repo.createRecord({ repo: who.assertDid, collection: NOTES, record: {} })).data
    const made = [await create()]
    try {
      for (const back of [1_000, 60_000, 86_400_000, 0]) {
        clock.now = () => Date.now() - back
        made.push(await create(), await create())
      }
    } finally {
      clock.now = () => Date.now()
    }
    const revs = made.map(({ commit }) => commit!.rev)
    expect(revs).toEqual([...revs].sort())
    expect(new Set(revs).size).toBe(revs.length)
    const uris = made.map(({ uri }) => uri)
    expect(new Set(uris).size).toBe(uris.length)
    expect((await exported(who, who.assertDid)).records.size).toBe(made.length)
  })
})

describe('33. records that are not the CBOR they should be', () => {
  const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex')
  const cases: [string, Uint8Array][] = [
    ['an integer written too long', hex('a1 6161 1801')],
    ['a length written too long', hex('a1 6161 780161')],
    ['a key twice', hex('a2 6161 01 6161 02')],
    ['keys in the wrong order', hex('a2 6162 01 6161 02')],
    ['keys in alphabetical order', hex('a2 626161 01 6162 02')],
    ['a float', hex('a1 6161 fb3ff8000000000000')],
    ['a short float', hex('a1 6161 f93e00')],
    ['NaN', hex('a1 6161 f97e00')],
    ['infinity', hex('a1 6161 fb7ff0000000000000')],
    ['a date', hex('a1 6161 c0 6130')],
    ['a tagged link that is text', hex('a1 6161 d82a 6161')],
    ['a link without its zero', Buffer.concat([hex('a1 6161 d82a 5824'), record.cid.bytes])],
    ['a list without end', hex('a1 6161 9f01ff')],
    ['a map without end', hex('bf 6161 01 ff')],
    ['text without end', hex('a1 6161 7f6161ff')],
    ['an integer beyond 2^53', hex('a1 6161 1b0020000000000000')],
    ['the largest integer', hex('a1 6161 1bffffffffffffffff')],
    ['a negative integer beyond 2^53', hex('a1 6161 3b0020000000000000')],
    ['undefined', hex('a1 6161 f7')],
    ['a simple value', hex('a1 6161 f0')],
    ['a break', hex('a1 6161 ff')],
    ['something behind it', hex('a0 00')],
    ['text of impossible length', hex('a1 6161 7bffffffffffffffff')],
    ['a list of impossible length', hex('a1 6161 9affffffff')],
    ['a map of impossible length', hex('baffffffff')],
    ['text that is no UTF-8', hex('a1 6161 61ff')],
    ['half a surrogate pair', hex('a1 6161 63eda080')],
    ['a key that is a number', hex('a1 01 02')],
    ['a key that is bytes', hex('a1 4161 02')],
    ['nothing', hex('')],
    ['a number', hex('01')],
    ['a list', hex('80')],
    ['lists 5,000 deep', Buffer.concat([hex('a1 6161'), Buffer.alloc(5_000, 0x81), hex('80')])],
    ['maps 5,000 deep', Buffer.concat([Buffer.concat(Array.from({ length: 5_000 }, () => hex('a1 6161'))), hex('01')])],
  ]

  it.each(cases)('%s', async (_, bytes) => {
    const bad = blockOf(bytes)
    const nodes = treeOf(
      new Map([
        [`${NOTES}/a`, record.cid],
        [`${NOTES}/bad`, bad.cid],
      ]),
    )
    await expectImportRefused(await repoOver(alice.assertDid, nodes, [record, bad]))
  })

  it('a record that is no CBOR by its CID', async () => {
    const raw = { cid: CID.createV1(0x55, record.cid.multihash), bytes: record.bytes }
    await expectImportRefused(await repoOver(alice.assertDid, treeOf(new Map([[`${NOTES}/a`, raw.cid]])), [raw]))
  })

  it('__proto__ is a key like any other', async () => {
    const who = await signUp()
    const bytes = encode(
      new Map<string, unknown>([
        ['__proto__', { polluted: true }],
        ['$type', NOTES],
      ]),
    )
    const odd = blockOf(bytes)
    const car = await repoOver(who.assertDid, treeOf(new Map([[`${NOTES}/a`, odd.cid]])), [odd])
    expect((await importInto(who, car)).status).toBe(200)
    const params = { repo: who.assertDid, collection: NOTES, rkey: 'a' }
    const { bytes: text } = await callAt(server, 'com.atproto.repo.getRecord', { params })
    expect(text.toString()).toContain('"__proto__":{"polluted":true}')
    expect(({} as { polluted?: true }).polluted).toBeUndefined()
  })
})

describe('34. JSON that is large in another way', () => {
  const send = (json: string) =>
    callAt(server, 'com.atproto.repo.createRecord', {
      as: alice,
      body: `{"repo":"${alice.assertDid}","collection":"${NOTES}","record":${json}}`,
    })

  it('a million empty lists', async () => {
    const begun = performance.now()
    expect([200, 400]).toContain((await send(`{"a":[${'[],'.repeat(1_000_000)}[]]}`)).status)
    expect(performance.now() - begun).toBeLessThan(60_000)
  })

  it('a hundred thousand keys', async () => {
    const keys = Array.from({ length: 100_000 }, (_, n) => `"k${n}":0`).join(',')
    expect([200, 400]).toContain((await send(`{${keys}}`)).status)
  })

  it('a key twice: the last one counts', async () => {
    const { status, json } = await send('{"a":1,"a":2}')
    expect(status).toBe(200)
    const rkey = (json.uri as string).split('/').pop()!
    const { data } = await alice.com.atproto.repo.getRecord({ repo: alice.assertDid, collection: NOTES, rkey })
    expect(data.value).toEqual({ $type: NOTES, a: 2 })
  })

  it('a collection or key as long as a body', async () => {
    const body = { repo: alice.assertDid, collection: `com.example.${'x'.repeat(1 << 20)}`, record: {} }
    expectRefused(await callAt(server, 'com.atproto.repo.createRecord', { as: alice, body }))
    const long = { repo: alice.assertDid, collection: NOTES, rkey: 'x'.repeat(1 << 20), record: {} }
    expectRefused(await callAt(server, 'com.atproto.repo.createRecord', { as: alice, body: long }))
  })
})

describe('35. values that cannot be', () => {
  const post = (more: object) =>
    callAt(server, 'com.atproto.repo.createRecord', {
      as: alice,
      body: { repo: alice.assertDid, collection: POSTS, record: { text: 'x', createdAt: NOW, ...more } },
    })

  it.each([
    '2024-02-30T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-01-01T25:00:00Z',
    '2024-01-01T00:00:00-00:00',
    '2016-12-31T23:59:60Z',
    '12024-01-01T00:00:00Z',
    '2024-01-01',
    '2024-01-01 00:00:00Z',
    '2024-01-01T00:00:00',
    '',
    'now',
  ])('a post of %j', async (createdAt) => {
    expectRefused(await post({ createdAt }))
  })

  it.each(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '1985-04-12T23:20:50.123456789+01:45'])(
    'but one of %s',
    async (createdAt) => {
      expect((await post({ createdAt })).status).toBe(200)
    },
  )

  it.each<[string, object]>([
    ['text of 301 graphemes', { text: 'x'.repeat(301) }],
    ['text of few graphemes and many bytes', { text: 'x' + '\u0301'.repeat(2_000) }],
    ['four languages', { langs: ['en', 'de', 'fr', 'es'] }],
    ['a language that is none', { langs: ['english!'] }],
    ['facets before the beginning', { facets: [{ index: { byteStart: -1, byteEnd: 1 }, features: [] }] }],
    ['nine tags', { tags: Array.from({ length: 9 }, String) }],
    ['a reply to what is no record', { reply: { root: { uri: 'x', cid: 'y' }, parent: { uri: 'x', cid: 'y' } } }],
    ['a reply to half a record', { reply: { root: { uri: `at://${'did:web:example.com'}/a.b.c/x` } } }],
  ])('%s', async (_, more) => {
    expectRefused(await post(more))
  })

  it('posts that answer themselves or each other, follows and likes of oneself are records like any other', async () => {
    const who = await signUp()
    const did = who.assertDid
    const uri = (rkey: string): string => `at://${did}/${POSTS}/${rkey}`
    const [one, two] = ['3jzfcijpj2z2a', '3jzfcijpj2z2b'] as const
    const { cid } = await put(who, one, { text: 'one', createdAt: NOW }, POSTS)
    const self = { uri: uri(one), cid }
    await put(who, one, { text: 'one', createdAt: NOW, reply: { root: self, parent: self } }, POSTS)
    const other = { uri: uri(two), cid }
    await put(who, two, { text: 'two', createdAt: NOW, reply: { root: self, parent: self } }, POSTS)
    await put(
      who,
      one,
      {
        text: 'one',
        createdAt: NOW,
        reply: { root: other, parent: other },
        embed: { $type: 'app.bsky.embed.record', record: self },
      },
      POSTS,
    )
    await put(who, one, { subject: did, createdAt: NOW }, 'app.bsky.graph.follow')
    await put(who, one, { subject: did, createdAt: NOW }, 'app.bsky.graph.block')
    await put(
      who,
      one,
      { subject: { uri: `at://${did}/app.bsky.feed.like/${one}`, cid }, createdAt: NOW },
      'app.bsky.feed.like',
    )
    expect((await exported(who, did)).records.size).toBe(5)
  })
})

describe('36. signatures', () => {
  it('of every commit are 64 bytes with a low S', async () => {
    const who = await signUp()
    const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n
    for (let n = 0; n < 25; n++) {
      await put(who, 'same', { n })
      const { blocks } = await blocksOf((await who.com.atproto.sync.getRepo({ did: who.assertDid })).data)
      const { sig, prev, version } = blocks[0]!.value as { sig: Uint8Array; prev: null; version: number }
      expect({ length: sig.length, prev, version }).toEqual({ length: 64, prev: null, version: 3 })
      expect(BigInt(`0x${Buffer.from(sig.subarray(32)).toString('hex')}`) <= halfOrder).toBe(true)
    }
  })

  it('of the past, with a previous commit or in version 2, are replaced by one of today', async () => {
    const who = await signUp()
    const base = await repoOf(who.assertDid, { [`${NOTES}/a`]: note(1) })
    for (const fields of [{ prev: base.commit.cid }, { version: 2, prev: base.commit.cid }]) {
      const { car } = await repoOf(who.assertDid, { [`${NOTES}/a`]: note(1) }, fields)
      expect((await importInto(who, car)).status).toBe(200)
      const { blocks } = await blocksOf((await who.com.atproto.sync.getRepo({ did: who.assertDid })).data)
      expect(blocks[0]!.value).toMatchObject({ version: 3, prev: null })
      await exported(who, who.assertDid)
    }
  })
})

describe('39. exports', () => {
  interface Host {
    at: TestServer
    alice: Client
    /** Where a repository of 8 MB is exported. */
    path: string
    /** Asks for a whole export, now. */
    expectExport: () => Promise<void>
  }

  /** A server of its own: what one test leaves taken must not be taken from the next. */
  async function host(fn: (host: Host) => Promise<void>): Promise<void> {
    const at = await startTestServer()
    try {
      const who = await at.signUp('alice')
      const text = 'x'.repeat(4_000)
      const paths = Array.from({ length: 2_000 }, (_, n) => `${NOTES}/k${n}`)
      const { car } = await repoOf(
        who.assertDid,
        Object.fromEntries(paths.map((path) => [path, { $type: NOTES, path, text }])),
      )
      expect((await importInto(who, car, at)).status).toBe(200)
      const path = `${at.url}/xrpc/com.atproto.sync.getRepo?did=${who.assertDid}`
      const expectExport = async (): Promise<void> => {
        const response = await fetch(path, { signal: AbortSignal.timeout(8_000) })
        expect(response.status).toBe(200)
        expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(8_000_000)
      }
      await fn({ at, alice: who, path, expectExport })
    } finally {
      await stopTestServer(at)
    }
  }

  it('that nobody reads stop nothing else, and make room when their readers go', () =>
    host(async ({ at, alice: who, path, expectExport }) => {
      const gone = new AbortController()
      const readers = Array.from({ length: 8 }, () => fetch(path, { signal: gone.signal }).catch(() => undefined))
      await Promise.race(readers)
      for (let n = 0; n < 20; n++) await put(who, 'kept', { n })
      const params = { did: who.assertDid }
      expect((await callAt(at, 'com.atproto.sync.getLatestCommit', { params })).status).toBe(200)
      gone.abort()
      await Promise.all(readers)
      await expectExport()
    }))

  it('asked for by HEAD alone leave room for those that are read', () =>
    host(async ({ path, expectExport }) => {
      for (let n = 0; n < 8; n++) {
        const response = await fetch(path, { method: 'HEAD', signal: AbortSignal.timeout(60_000) })
        expect(response.status).toBe(200)
      }
      await expectExport()
    }))

  it('given up before their first byte leave room too', () =>
    host(async ({ path, expectExport }) => {
      for (let n = 0; n < 12; n++) {
        const gone = new AbortController()
        const asked = fetch(path, { signal: gone.signal }).catch(() => undefined)
        setTimeout(() => gone.abort(), n)
        await asked
      }
      await expectExport()
    }))

  it('given up while they wait for their turn leave room too', () =>
    host(async ({ path, expectExport }) => {
      const gone = new AbortController()
      const readers = Array.from({ length: 60 }, () => fetch(path, { signal: gone.signal }).catch(() => undefined))
      await Promise.race(readers)
      gone.abort()
      await Promise.all(readers)
      await expectExport()
    }))

  it('150 at once: each is whole, or told to come back', async () => {
    const who = await signUp()
    await put(who, 'a', { n: 1 })
    const ask = async (): Promise<number> => {
      const answer = await callAt(server, 'com.atproto.sync.getRepo', { params: { did: who.assertDid } })
      if (answer.status === 200) expect((await blocksOf(answer.bytes)).blocks).toHaveLength(3)
      else expectRefused(answer, 'NotEnoughResources', 503)
      return answer.status
    }
    const statuses = await Promise.all(Array.from({ length: 150 }, ask))
    expect(statuses).toContain(200)
    expect(await ask()).toBe(200)
  })

  it('200 blocks that are not there', async () => {
    const cids = Array.from({ length: 200 }, (_, n) => cborBlock({ absent: n }).cid.toString())
    const answer = await callAt(server, 'com.atproto.sync.getBlocks', { params: { did: alice.assertDid, cids } })
    expectRefused(answer, 'BlockNotFound')
  })

  it('a query longer than any server reads is refused', async () => {
    const cids = Array.from({ length: 2_000 }, (_, n) => cborBlock({ absent: n }).cid.toString())
    const { status } = await callAt(server, 'com.atproto.sync.getBlocks', { params: { did: alice.assertDid, cids } })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
  })
})
