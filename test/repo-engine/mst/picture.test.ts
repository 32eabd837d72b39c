/** The picture of a tree: everything where there is room, and otherwise the upper layers with what is below counted. */
import {
  buildTree,
  Cid,
  encodeCbor,
  MemoryBlockstore,
  type PictureItem,
  type PictureNode,
  TreePicture,
  walkTree,
} from '../../../src/repo-engine/index.js'

/** A tree of so many records, and what a walk says of it. */
function treeOf(keys: string[]): { store: MemoryBlockstore; root: Cid; layer: number } {
  const store = new MemoryBlockstore()
  const entries = keys.sort().map((key) => [key, Cid.ofCbor(encodeCbor({ key }))] as const)
  return { store, ...buildTree(entries, ({ cid, bytes }) => store.put(cid, bytes)) }
}

function pictureOf({ store, root }: ReturnType<typeof treeOf>, most?: number): PictureNode {
  const picture = new TreePicture(most)
  for (const item of walkTree(store, root)) picture.add(item)
  return picture.finish()!
}

function* itemsOf(node: PictureNode): Generator<PictureItem> {
  yield node
  for (const item of node.below) {
    if (item.kind === 'node') yield* itemsOf(item)
    else yield item
  }
}

/** All that a picture shows or counts. */
function sums(node: PictureNode): { nodes: number; entries: number; bytes: number; drawn: number; keys: string[] } {
  const sum = { nodes: 0, entries: 0, bytes: 0, drawn: 0, keys: [] as string[] }
  for (const item of itemsOf(node)) {
    if (item.kind === 'rest') {
      sum.nodes += item.nodes
      sum.entries += item.entries
      if (item.entries > 0) sum.keys.push(item.first, item.last)
    } else sum.drawn++
    if (item.kind === 'node') sum.nodes++
    if (item.kind === 'entry') {
      sum.entries++
      sum.keys.push(item.key)
    } else sum.bytes += item.size
  }
  return sum
}

const keys = Array.from({ length: 3_000 }, (_, i) => `com.example.record/${i * 7919}`)
const tree = treeOf(keys)
const walked = [...walkTree(tree.store, tree.root)]
const nodes = walked.filter((item) => item.kind === 'node')

it('has every node and every record, in the order of their keys', () => {
  const { nodes: count, entries, bytes, keys: shown } = sums(pictureOf(tree))
  expect([count, entries]).toEqual([nodes.length, keys.length])
  expect(bytes).toBe(nodes.reduce((sum, node) => sum + node.bytes.length, 0))
  expect(shown).toEqual(keys)
  for (const item of itemsOf(pictureOf(tree)))
    if (item.kind === 'node')
      for (const below of item.below) if (below.kind === 'node') expect(below.layer).toBe(item.layer - 1)
})

it.each([1, 2, 5, 20, 100, 500, 1_000, 2_999, 3_500])('of which at most %i are drawn, and all are counted', (most) => {
  const picture = pictureOf(tree, most)
  const { drawn, nodes: count, entries, bytes, keys: shown } = sums(picture)
  expect(drawn).toBeLessThanOrEqual(most)
  expect([count, entries]).toEqual([nodes.length, keys.length])
  expect(bytes).toBe(nodes.reduce((sum, node) => sum + node.bytes.length, 0))
  expect(shown).toEqual([...shown].sort())
  expect([shown[0], shown.at(-1)]).toEqual([keys[0], keys.at(-1)])
})

it('is of an empty tree, and of one with everything in its root', () => {
  expect(pictureOf(treeOf([]))).toMatchObject({ kind: 'node', layer: 0, below: [] })
  const flat = keys.filter((key) => sums(pictureOf(treeOf([key]))).nodes === 1 && pictureOf(treeOf([key])).layer === 0)
  const { drawn, entries } = sums(pictureOf(treeOf(flat), 50))
  expect([drawn, entries]).toEqual([50, flat.length])
})
