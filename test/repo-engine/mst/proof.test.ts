import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Cid } from '../../../src/repo-engine/cid.js'
import { diffTrees, type TreeOp } from '../../../src/repo-engine/mst/diff.js'
import { invertOps, proveOps, provePath } from '../../../src/repo-engine/mst/proof.js'
import { Mst } from '../../../src/repo-engine/mst/tree.js'
import {
  anyEntries,
  anyKey,
  anyValue,
  codeOf,
  LEAF,
  nodesOf,
  place,
  record,
  reloaded,
  storeOf,
  treeOf,
} from './trees.js'

interface Fixture {
  comment: string
  leafValue: string
  keys: string[]
  adds: string[]
  dels: string[]
  rootBeforeCommit: string
  rootAfterCommit: string
  blocksInProof: string[]
}
const fixtures = JSON.parse(
  readFileSync(new URL('../../fixtures/interop/firehose/commit-proof-fixtures.json', import.meta.url), 'utf8'),
) as Fixture[]

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items]
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]))
}

describe('commit proofs of the interoperability suite', () => {
  it.each(fixtures)('$comment', (fixture) => {
    const leaf = Cid.parse(fixture.leafValue)
    const before = treeOf(fixture.keys.map((key) => [key, leaf]))
    expect(before.root.toString()).toBe(fixture.rootBeforeCommit)
    const added = treeOf(
      fixture.adds.map((key) => [key, leaf]),
      before,
    )
    const after = fixture.dels.reduce((tree, key) => tree.delete(key), added)
    expect(after.root.toString()).toBe(fixture.rootAfterCommit)

    const { ops } = diffTrees(before, after)
    const proof = proveOps(after, ops)
    expect(proof.map(({ cid }) => cid.toString()).sort()).toEqual([...fixture.blocksInProof].sort())
    for (const order of permutations(ops))
      expect(invertOps(Mst.load(storeOf(proof), after.root), order).root.toString()).toBe(fixture.rootBeforeCommit)
  })
})

const anyCommit = fc.tuple(
  anyEntries,
  fc.uniqueArray(fc.tuple(anyKey, fc.option(anyValue)), { selector: ([key]) => key, minLength: 1, maxLength: 50 }),
)

/** The trees before and after a batch of writes, some of which a tree may already satisfy. */
function commit([entries, writes]: [[string, Cid][], [string, Cid | null][]]): { before: Mst; after: Mst } {
  const before = treeOf(entries)
  let after = before
  for (const [key, value] of writes)
    if (value) after = after.set(key, value)
    else if (after.get(key)) after = after.delete(key)
  return { before, after }
}

describe('the covering proof', () => {
  it('is enough to undo the commit, in any order', () => {
    fc.assert(
      fc.property(anyCommit, fc.infiniteStream(fc.nat()), fc.boolean(), (writes, random, cold) => {
        const { before, after } = commit(writes)
        const { ops } = diffTrees(before, after)
        const proof = proveOps(cold ? reloaded(after) : after, ops)
        const inOrder = invertOps(Mst.load(storeOf(proof), after.root), ops)
        expect(inOrder.root.toString()).toBe(before.root.toString())

        const shuffled = ops.map((op) => ({ op, at: random.next().value! })).sort((a, b) => a.at - b.at)
        const inAny = invertOps(
          Mst.load(storeOf(proof), after.root),
          shuffled.map(({ op }) => op),
        )
        expect(inAny.root.toString()).toBe(before.root.toString())
      }),
      { numRuns: 200 },
    )
  })

  it('lists nodes of the new tree at their places, in pre-order, each once', () => {
    fc.assert(
      fc.property(anyCommit, (writes) => {
        const { before, after } = commit(writes)
        const proof = proveOps(after, diffTrees(before, after).ops).map(({ at, cid }) => place(at) + cid.toString())
        const nodes = nodesOf(after).map(({ at, cid }) => place(at) + cid.toString())
        expect(proof).toEqual(nodes.filter((node) => proof.includes(node)))
      }),
      { numRuns: 60 },
    )
  })

  it('holds up when a tree empties and when it begins', () => {
    const empty = Mst.empty()
    const one = empty.set('a.b/1', LEAF)
    for (const [before, after] of [
      [empty, one],
      [one, empty],
    ]) {
      const { ops } = diffTrees(before, after)
      const partial = Mst.load(storeOf(proveOps(after, ops)), after.root)
      expect(invertOps(partial, ops).root.toString()).toBe(before.root.toString())
    }
  })
})

describe('inversion', () => {
  const tree = treeOf(Array.from({ length: 200 }, (_, n) => [`a.b/${n}`, record(n)]))
  const op = (action: TreeOp['action'], path: string, cid: Cid | null, prev: Cid | null): TreeOp[] => [
    { action, path, cid, prev },
  ]

  it.each([
    ['a create of what is absent', op('create', 'a.b/x', LEAF, null), 'KeyNotFound'],
    ['a create with another CID', op('create', 'a.b/7', LEAF, null), 'InvalidMst'],
    ['a create with a prev', op('create', 'a.b/7', record(7), LEAF), 'InvalidMst'],
    ['a create without CID', op('create', 'a.b/7', null, null), 'InvalidMst'],
    ['an update of what is absent', op('update', 'a.b/x', LEAF, record(1)), 'KeyNotFound'],
    ['an update with another CID', op('update', 'a.b/7', LEAF, record(1)), 'InvalidMst'],
    ['an update without prev', op('update', 'a.b/7', record(7), null), 'InvalidMst'],
    ['a delete of what is there', op('delete', 'a.b/7', null, record(7)), 'InvalidMst'],
    ['a delete without prev', op('delete', 'a.b/x', null, null), 'InvalidMst'],
    ['a delete with a CID', op('delete', 'a.b/x', LEAF, LEAF), 'InvalidMst'],
    ['a delete of what cannot be a key', op('delete', 'a', null, LEAF), 'InvalidMst'],
  ])('refuses %s', (_, ops, code) => expect(codeOf(() => invertOps(tree, ops))).toBe(code))

  it('tells that operations are missing by another root', () => {
    const after = tree.set('a.b/7', LEAF).set('a.b/new', LEAF)
    const { ops } = diffTrees(tree, after)
    expect(invertOps(after, ops).root.equals(tree.root)).toBe(true)
    expect(invertOps(after, ops.slice(1)).root.equals(tree.root)).toBe(false)
  })

  it('fails when the partial tree is too small', () => {
    const after = tree.set('a.b/new', LEAF)
    const { ops } = diffTrees(tree, after)
    const store = storeOf(proveOps(after, ops).slice(0, 1))
    expect(codeOf(() => invertOps(Mst.load(store, after.root), ops))).toBe('MissingBlock')
  })
})

describe('the proof of one path', () => {
  it('shows from itself alone what is under a key, or that nothing is', () => {
    fc.assert(
      fc.property(anyEntries, anyKey, (entries, key) => {
        const tree = treeOf(entries)
        const proof = provePath(reloaded(tree), key)
        expect(proof[0].cid.equals(tree.root)).toBe(true)
        expect(Mst.load(storeOf(proof), tree.root).get(key)?.toString()).toBe(tree.get(key)?.toString())
        const layers = proof.map(({ at }) => at.layer)
        expect(layers).toEqual(layers.map((_, i) => tree.layer - i))
      }),
      { numRuns: 60 },
    )
  })
})
