/** Trees, keys and stores that the tests of this folder share. */
import fc from 'fast-check'
import {
  type Blockstore,
  MemoryBlockstore,
  type NodeBlock,
  type NodePosition,
} from '../../../src/repo-engine/blockstore.js'
import { Cid } from '../../../src/repo-engine/cid.js'
import { RepoError } from '../../../src/repo-engine/errors.js'
import { layerOf } from '../../../src/repo-engine/mst/node.js'
import { Mst } from '../../../src/repo-engine/mst/tree.js'
import { walkTree, type WalkLimits } from '../../../src/repo-engine/mst/walk.js'

export const LEAF = Cid.parse('bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454')
export const EMPTY_ROOT = 'bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm'

/** A record CID told apart by a number. */
export function record(n: number): Cid {
  return Cid.ofCbor(Buffer.from(`record ${n}`))
}

// A few keys on high layers, so that random histories make and break tall trees.
const HIGH: string[] = []
for (let n = 0; HIGH.length < 40; n++) if (layerOf(`c.d/${n}`) >= 3) HIGH.push(`c.d/${n}`)

/** Keys out of a small space, so that histories meet the same ones again. */
export const anyKey = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom('a.b', 'c.d', 'e.f'), fc.nat(150)).map(([c, n]) => `${c}/${n}`) },
  { weight: 1, arbitrary: fc.constantFrom(...HIGH) },
)
export const anyValue = fc.nat(20).map(record)
export const anyEntries = fc.uniqueArray(fc.tuple(anyKey, anyValue), { selector: ([key]) => key, maxLength: 500 })

export function treeOf(entries: Iterable<readonly [string, Cid]>, tree = Mst.empty()): Mst {
  for (const [key, value] of entries) tree = tree.set(key, value)
  return tree
}

/** All nodes of a tree in memory, by the cursor-free way of encoding them one by one. */
export function nodesOf(tree: Mst): NodeBlock[] {
  const nodes: NodeBlock[] = []
  const visit = (node: typeof tree.top, after: string): void => {
    const { keys, kids } = node.open(tree.source)
    nodes.push({ at: { after, layer: node.layer }, cid: node.cid, bytes: node.encode(tree.source) })
    kids.forEach((kid, i) => kid && visit(kid, i === 0 ? after : keys[i - 1]))
  }
  visit(tree.top, '')
  return nodes
}

export function storeOf(nodes: Iterable<NodeBlock>): MemoryBlockstore {
  const store = new MemoryBlockstore()
  for (const { cid, bytes } of nodes) store.put(cid, bytes)
  return store
}

/** The same tree, read back from a store. */
export function reloaded(tree: Mst): Mst {
  return Mst.load(storeOf(nodesOf(tree)), tree.root)
}

export function place({ after, layer }: NodePosition): string {
  return `${after} @${layer}`
}

/** A store that knows nodes by their position only, as a database that files them in tree order does. */
export class PositionStore implements Blockstore {
  readonly rows = new Map<string, { cid: Cid; bytes: Uint8Array }>()

  get(cid: Cid, at?: NodePosition): Uint8Array | null {
    const row = at && this.rows.get(place(at))
    return row?.cid.equals(cid) ? row.bytes : null
  }
}

export function walked(store: Blockstore, root: Cid, limits?: WalkLimits): string[] {
  return Array.from(walkTree(store, root, limits), (item) =>
    item.kind === 'node' ? `${place(item.at)} ${item.cid.toString()}` : `${item.key} = ${item.value.toString()}`,
  )
}

/** The code of the RepoError that `run` throws; anything else is thrown on. */
export function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof RepoError) return error.code
    throw error
  }
  return 'no error'
}
