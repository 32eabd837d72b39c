import fc from 'fast-check'
import type { Cid } from '../../../src/repo-engine/cid.js'
import { diffTrees, type TreeDiff } from '../../../src/repo-engine/mst/diff.js'
import { Mst } from '../../../src/repo-engine/mst/tree.js'
import {
  anyEntries,
  anyKey,
  anyValue,
  codeOf,
  nodesOf,
  place,
  PositionStore,
  record,
  reloaded,
  treeOf,
} from './trees.js'

const summary = (nodes: Iterable<{ at: { after: string; layer: number }; cid: Cid }>): string[] =>
  Array.from(nodes, ({ at, cid }) => `${place(at)} ${cid.toString()}`)

/** What a store filed by position does with a diff. */
function apply({ added, removed }: TreeDiff, store: PositionStore): void {
  const filled = new Set(added.map(({ at }) => place(at)))
  for (const { at, cid, bytes } of added) store.rows.set(place(at), { cid, bytes })
  for (const { at } of removed) if (!filled.has(place(at))) expect(store.rows.delete(place(at))).toBe(true)
}

function expectExact(before: Mst, after: Mst, diff: TreeDiff): void {
  const old = new Map(Array.from(before.entries(), ({ key, value }) => [key, value]))
  const now = new Map(Array.from(after.entries(), ({ key, value }) => [key, value]))
  const ops = [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((path) => {
    const cid = now.get(path) ?? null
    const prev = old.get(path) ?? null
    if (cid?.equals(prev)) return []
    return [
      { action: !prev ? 'create' : !cid ? 'delete' : 'update', path, cid: cid?.toString(), prev: prev?.toString() },
    ]
  })
  expect(diff.ops.map((op) => ({ ...op, cid: op.cid?.toString(), prev: op.prev?.toString() }))).toEqual(ops)
  const oldNodes = summary(nodesOf(before))
  const nowNodes = summary(nodesOf(after))
  expect(summary(diff.added)).toEqual(nowNodes.filter((node) => !oldNodes.includes(node)))
  expect(summary(diff.removed)).toEqual(oldNodes.filter((node) => !nowNodes.includes(node)))
  for (const { cid, bytes } of diff.added) expect(cid.matches(bytes)).toBe(true)
}

const anyWrite = fc.tuple(anyKey, fc.option(anyValue))

function write(tree: Mst, [key, value]: [string, Cid | null]): Mst {
  if (value) return tree.set(key, value)
  return tree.get(key) ? tree.delete(key) : tree
}

describe('the difference of two trees', () => {
  it('is exact, in memory and read back', () => {
    fc.assert(
      fc.property(anyEntries, fc.array(anyWrite, { maxLength: 40 }), (entries, writes) => {
        const before = treeOf(entries)
        const after = writes.reduce(write, before)
        const diff = diffTrees(before, after)
        expectExact(before, after, diff)
        expectExact(before, after, diffTrees(reloaded(before), reloaded(after)))
      }),
      { numRuns: 60 },
    )
  })

  it('is exact between trees that have nothing to do with each other', () => {
    fc.assert(
      fc.property(anyEntries, anyEntries, (left, right) => {
        const before = treeOf(left)
        const after = treeOf(right)
        expectExact(before, after, diffTrees(before, after))
      }),
      { numRuns: 40 },
    )
  })

  it('is empty for equal trees, without reading them', () => {
    const tree = treeOf(Array.from({ length: 300 }, (_, n) => [`a.b/${n}`, record(n)]))
    const nothing = { ops: [], added: [], removed: [] }
    expect(diffTrees(tree, tree)).toEqual(nothing)
    const [left, right] = [reloaded(tree), reloaded(tree)]
    expect(diffTrees(left, right)).toEqual(nothing)
    expect([left.nodeCountLoaded, right.nodeCountLoaded]).toEqual([1, 1])
  })

  it('reads the changed path only', () => {
    const tree = treeOf(Array.from({ length: 3000 }, (_, n) => [`a.b/${n}`, record(n)]))
    const [before, after] = [reloaded(tree), reloaded(tree.set('a.b/1234', record(0)))]
    expect(diffTrees(before, after).ops).toHaveLength(1)
    expect(before.nodeCountLoaded).toBeLessThanOrEqual(tree.layer + 1)
    expect(after.nodeCountLoaded).toBeLessThanOrEqual(tree.layer + 1)
  })

  it('gives up at more changes than are wanted, having read no more than these, however large the trees are', () => {
    const tree = treeOf(Array.from({ length: 3000 }, (_, n) => [`a.b/${n}`, record(n)]))
    for (const [before, after] of [
      [reloaded(tree), Mst.empty()],
      [Mst.empty(), reloaded(tree)],
    ] as const) {
      expect(codeOf(() => diffTrees(before, after, 50))).toBe('LimitExceeded')
      expect(before.nodeCountLoaded + after.nodeCountLoaded).toBeLessThan(60)
    }
    expect(diffTrees(reloaded(tree), tree.delete('a.b/1').delete('a.b/2'), 2).ops).toHaveLength(2)
  })
})

describe('a store filed by position', () => {
  it('holds the tree and nothing else after every commit of a history, with warm and cold trees', () => {
    const anyCommit = fc.record({ writes: fc.array(anyWrite, { minLength: 1, maxLength: 12 }), cold: fc.boolean() })
    fc.assert(
      fc.property(anyEntries, fc.array(anyCommit, { maxLength: 15 }), (entries, commits) => {
        const store = new PositionStore()
        const start = Mst.empty()
        apply({ ops: [], added: nodesOf(start), removed: [] }, store)
        let head = Mst.load(store, start.root, start.layer)
        for (const { writes, cold } of [{ writes: entries as [string, Cid | null][], cold: true }, ...commits]) {
          const next = writes.reduce(write, head)
          apply(diffTrees(head, next), store)
          head = cold ? Mst.load(store, next.root, next.layer) : next
          const stored = Array.from(store.rows, ([at, { cid }]) => `${at} ${cid.toString()}`)
          expect(stored.sort()).toEqual(summary(nodesOf(Mst.load(store, next.root, next.layer))).sort())
        }
      }),
      { numRuns: 60 },
    )
  })
})
