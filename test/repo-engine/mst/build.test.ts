import fc from 'fast-check'
import type { NodeBlock } from '../../../src/repo-engine/blockstore.js'
import { buildTree, TreeBuilder } from '../../../src/repo-engine/mst/build.js'
import { anyEntries, codeOf, EMPTY_ROOT, LEAF, nodesOf, place, treeOf } from './trees.js'

const summary = (nodes: NodeBlock[]): string[] =>
  nodes.map(({ at, cid, bytes }) => `${place(at)} ${cid.toString()} ${Buffer.from(bytes).toString('hex')}`).sort()

describe('building a tree from sorted entries', () => {
  it('gives the nodes, places and root that inserting one by one gives', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        const nodes: NodeBlock[] = []
        const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1))
        const { root, layer } = buildTree(sorted, (node) => nodes.push(node))
        const tree = treeOf(entries)
        expect([root.toString(), layer]).toEqual([tree.root.toString(), tree.layer])
        expect(summary(nodes)).toEqual(summary(nodesOf(tree)))
        expect(nodes.at(-1)!.cid).toBe(root)
      }),
      { numRuns: 80 },
    )
  })

  it('gives the empty tree', () => {
    const nodes: NodeBlock[] = []
    const { root, layer } = new TreeBuilder((node) => nodes.push(node)).finish()
    expect([root.toString(), layer]).toEqual([EMPTY_ROOT, 0])
    expect(nodes.map(({ at }) => at)).toEqual([{ after: '', layer: 0 }])
  })

  it.each([
    ['a key twice', ['a/1', 'a/1']],
    ['keys that descend', ['a/2', 'a/1']],
    ['what is no key', ['a']],
  ])('refuses %s', (_, keys) =>
    expect(
      codeOf(() =>
        buildTree(
          keys.map((key) => [key, LEAF]),
          () => {},
        ),
      ),
    ).toBe('InvalidMst'),
  )
})
