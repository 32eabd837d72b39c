import { MemoryBlockstore as TheirStore, MST } from '@atproto/repo'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { MemoryBlockstore } from '../../../src/repo-engine/blockstore.js'
import type { Cid } from '../../../src/repo-engine/cid.js'
import { encodeNode } from '../../../src/repo-engine/mst/node.js'
import { Mst } from '../../../src/repo-engine/mst/tree.js'
import {
  anyEntries,
  anyKey,
  anyValue,
  codeOf,
  EMPTY_ROOT,
  LEAF,
  nodesOf,
  record,
  reloaded,
  storeOf,
  treeOf,
} from './trees.js'

const tids = (...ends: string[]): [string, Cid][] => ends.map((end) => [`com.example.record/3jqfcqzm${end}2j`, LEAF])

describe('known trees', () => {
  it.each([
    ['nothing', [], EMPTY_ROOT],
    ['one key on layer 0', ['3fo'], 'bafyreibj4lsc3aqnrvphp5xmrnfoorvru4wynt6lwidqbm2623a6tatzdu'],
    ['one key on layer 2', ['3fx'], 'bafyreih7wfei65pxzhauoibu3ls7jgmkju4bspy4t2ha2qdjnzqvoy33ai'],
    [
      'five keys on two layers',
      ['3fp', '3fr', '3fs', '3ft', '4fc'],
      'bafyreicmahysq4n6wfuxo522m6dpiy7z7qzym3dzs756t5n7nfdgccwq7m',
    ],
    [
      'a layer above all others',
      ['3fn', '3fo', '3fp', '3fs', '3ft', '3fu'],
      'bafyreifnqrwbk6ffmyaz5qtujqrzf5qmxf7cbxvgzktl4e3gabuxbtatv4',
    ],
    [
      'the same after its top is gone',
      ['3fn', '3fo', '3fp', '3ft', '3fu'],
      'bafyreie4kjuxbwkhzg2i5dljaswcroeih4dgiqq6pazcmunwt2byd725vi',
    ],
  ])('%s', (_, ends, root) => expect(treeOf(tids(...ends)).root.toString()).toBe(root))

  it('trims the top on delete', () => {
    const tree = treeOf(tids('3fn', '3fo', '3fp', '3fs', '3ft', '3fu'))
    expect(tree.layer).toBe(1)
    const trimmed = tree.delete('com.example.record/3jqfcqzm3fs2j')
    expect(trimmed.layer).toBe(0)
    expect(trimmed.root.toString()).toBe('bafyreie4kjuxbwkhzg2i5dljaswcroeih4dgiqq6pazcmunwt2byd725vi')
  })

  it('has the same nodes as the reference implementation', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyEntries.filter((entries) => entries.length < 120),
        async (entries) => {
          let theirs = await MST.create(new TheirStore())
          for (const [key, value] of entries) theirs = await theirs.add(key, CID.decode(value.bytes))
          const { root, blocks } = await theirs.getUnstoredBlocks()
          const ours = treeOf(entries)
          expect(ours.root.toString()).toBe(root.toString())
          const nodes = nodesOf(ours)
          if (entries.length === 0) return
          expect(blocks.size).toBe(nodes.length)
          for (const { cid, bytes } of nodes)
            expect(Buffer.from(blocks.get(CID.decode(cid.bytes))!).equals(bytes)).toBe(true)
        },
      ),
      { numRuns: 20 },
    )
  })
})

describe('a tree', () => {
  it('has one root for one content, in whatever order it came', () => {
    fc.assert(
      fc.property(
        anyEntries.chain((entries) =>
          fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
        ),
        ([entries, shuffled]) => {
          expect(treeOf(shuffled).root.toString()).toBe(treeOf(entries).root.toString())
        },
      ),
      { numRuns: 50 },
    )
  })

  it('is a map, over any history, warm or read back', () => {
    const anyStep = fc.record({ key: anyKey, value: fc.option(anyValue), cold: fc.nat(20).map((n) => n === 0) })
    fc.assert(
      fc.property(anyEntries, fc.array(anyStep, { maxLength: 80 }), (entries, steps) => {
        const model = new Map(entries)
        let tree = treeOf(entries)
        for (const { key, value, cold } of steps) {
          if (cold) tree = reloaded(tree)
          expect(tree.get(key)?.toString()).toBe(model.get(key)?.toString())
          if (value) {
            tree = tree.set(key, value)
            model.set(key, value)
          } else if (model.delete(key)) {
            tree = tree.delete(key)
          } else {
            expect(codeOf(() => tree.delete(key))).toBe('KeyNotFound')
          }
        }
        expect(Array.from(tree.entries(), ({ key, value }) => [key, value.toString()])).toEqual(
          Array.from(model, ([key, value]) => [key, value.toString()]).sort(([a], [b]) => (a < b ? -1 : 1)),
        )
        expect(tree.root.toString()).toBe(treeOf(model).root.toString())
        expect(tree.isEmpty).toBe(model.size === 0)
      }),
      { numRuns: 60 },
    )
  })

  it('undoes a set by a delete, to the same root, and never changes the tree before', () => {
    fc.assert(
      fc.property(anyEntries, anyKey, (entries, key) => {
        const tree = treeOf(entries.filter(([held]) => held !== key))
        const root = tree.root.toString()
        const before = nodesOf(tree).map(({ cid }) => cid.toString())
        const longer = tree.set(key, LEAF)
        expect(longer.root.toString()).not.toBe(root)
        expect(longer.delete(key).root.toString()).toBe(root)
        expect(nodesOf(tree).map(({ cid }) => cid.toString())).toEqual(before)
      }),
      { numRuns: 50 },
    )
  })

  it('stays the same object when nothing changes', () => {
    const tree = treeOf(Array.from({ length: 50 }, (_, n) => [`a.b/${n}`, record(n)]))
    expect(tree.set('a.b/7', record(7))).toBe(tree)
    expect(reloaded(tree).set('a.b/7', record(7)).root).toEqual(tree.root)
    expect(tree.set('a.b/7', record(8))).not.toBe(tree)
  })

  it('is back at the empty root when its last entry goes', () => {
    const tree = Mst.empty().set('com.example.record/3jqfcqzm3fx2j', LEAF)
    expect(tree.layer).toBe(2)
    const empty = tree.delete('com.example.record/3jqfcqzm3fx2j')
    expect([empty.root.toString(), empty.layer, empty.isEmpty]).toEqual([EMPTY_ROOT, 0, true])
    expect([...empty.entries()]).toEqual([])
    expect(codeOf(() => empty.delete('a/b'))).toBe('KeyNotFound')
    expect(empty.get('a/b')).toBeNull()
  })

  it.each(['', 'a', 'a/b/c', 'a/é'])('refuses the key %j', (key) =>
    expect(codeOf(() => Mst.empty().set(key, LEAF))).toBe('InvalidMst'),
  )

  it('gives any range from either end', () => {
    const bound = fc.option(fc.oneof(anyKey, fc.constantFrom('a', 'b', 'c.d/', 'zzz', '')), { nil: undefined })
    fc.assert(
      fc.property(anyEntries, bound, bound, fc.boolean(), (entries, from, to, reverse) => {
        const wanted = entries
          .map(([key]) => key)
          .filter((key) => (from === undefined || key >= from) && (to === undefined || key < to))
          .sort()
        if (reverse) wanted.reverse()
        expect(Array.from(reloaded(treeOf(entries)).entries({ from, to, reverse }), ({ key }) => key)).toEqual(wanted)
      }),
      { numRuns: 150 },
    )
  })
})

describe('loading', () => {
  const entries = Array.from({ length: 2000 }, (_, n): [string, Cid] => [`a.b/${n}`, record(n)])
  const whole = treeOf(entries)

  it('reads what an operation goes through, once', () => {
    const tree = reloaded(whole)
    expect(tree.nodeCountLoaded).toBe(0)
    expect(tree.root.equals(whole.root)).toBe(true)
    expect(tree.nodeCountLoaded).toBe(0)
    expect(tree.get('a.b/77')!.equals(record(77))).toBe(true)
    const loaded = tree.nodeCountLoaded
    expect(loaded).toBeGreaterThan(0)
    expect(loaded).toBeLessThanOrEqual(tree.layer + 1)
    tree.get('a.b/77')
    expect(tree.nodeCountLoaded).toBe(loaded)
    expect(tree.set('a.b/77', record(0)).root.toString()).toBe(whole.set('a.b/77', record(0)).root.toString())
    expect(tree.nodeCountLoaded).toBe(loaded)
  })

  it('counts the nodes in memory', () => {
    const tree = treeOf(entries)
    expect(tree.nodeCountLoaded).toBe(nodesOf(tree).length)
    const fewer = entries.slice(0, 1500).reduce((left, [key]) => left.delete(key), tree)
    expect(fewer.nodeCountLoaded).toBe(nodesOf(fewer).length)
  })

  it('reads a range without the rest', () => {
    const tree = reloaded(whole)
    expect(Array.from(tree.entries({ from: 'a.b/150', to: 'a.b/1502' }), ({ key }) => key)).toEqual([
      'a.b/150',
      'a.b/1500',
      'a.b/1501',
    ])
    expect(tree.nodeCountLoaded).toBeLessThan(25)
  })

  it('names the missing block and its place', () => {
    const nodes = nodesOf(whole)
    const lost = nodes.find(({ at }) => at.layer === 1 && at.after > 'a.b/5')!
    const store = storeOf(nodes)
    store.delete(lost.cid)
    const tree = Mst.load(store, whole.root)
    expect(() => [...tree.entries()]).toThrow(
      expect.objectContaining({ code: 'MissingBlock', cid: lost.cid, at: lost.at }),
    )
    expect(() => Mst.load(new MemoryBlockstore(), LEAF).get('a/b')).toThrow(expect.objectContaining({ cid: LEAF }))
  })

  it('finds the root by its position if told the layer, which must be true', () => {
    const asked: unknown[] = []
    const store = storeOf(nodesOf(whole))
    const watching = { get: (cid: Cid, at?: unknown) => (asked.push(at), store.get(cid)) }
    expect(Mst.load(watching, whole.root).layer).toBe(whole.layer)
    expect(Mst.load(watching, whole.root, whole.layer).layer).toBe(whole.layer)
    expect(asked).toEqual([undefined, { after: '', layer: whole.layer }])
    expect(codeOf(() => Mst.load(store, whole.root, whole.layer + 1).layer)).toBe('InvalidMst')
  })

  it('refuses a block that is not the one asked for', () => {
    const bytes = encodeNode({ keys: [], values: [], links: [null] })
    expect(codeOf(() => Mst.load({ get: () => bytes }, LEAF).get('a/b'))).toBe('InvalidMst')
  })
})
