import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CarReader } from '@ipld/car'
import * as dagCbor from '@ipld/dag-cbor'
import type { CID } from 'multiformats/cid'
import { MemoryBlockstore, type NodeBlock } from '../../../src/repo-engine/blockstore.js'
import { Cid } from '../../../src/repo-engine/cid.js'
import { buildTree } from '../../../src/repo-engine/mst/build.js'
import { diffTrees } from '../../../src/repo-engine/mst/diff.js'
import { invertOps, proveOps } from '../../../src/repo-engine/mst/proof.js'
import { Mst } from '../../../src/repo-engine/mst/tree.js'
import { walkTree } from '../../../src/repo-engine/mst/walk.js'
import { LEAF, storeOf, treeOf } from './trees.js'

const path = (relative: string): string => fileURLToPath(new URL(`../../../${relative}`, import.meta.url))
const vectors = process.env.SKYLOG_VECTORS ?? path('../shared/vectors/cars')
const cars = [
  path('test/fixtures/cars/greenground.car'),
  `${vectors}/bsky-app-2025-08.car`,
  `${vectors}/2023-v2-full-history.car`,
]

async function open(file: string): Promise<{ store: MemoryBlockstore; root: Cid }> {
  const reader = await CarReader.fromBytes(readFileSync(file))
  const store = new MemoryBlockstore()
  for await (const { cid, bytes } of reader.blocks()) store.put(Cid.fromBytes(cid.bytes), bytes)
  const [head] = await reader.getRoots()
  const commit = dagCbor.decode<{ data: CID }>((await reader.get(head))!.bytes)
  return { store, root: Cid.fromBytes(commit.data.bytes) }
}

describe.each(cars)('the repository in %s', (file) => {
  const present = existsSync(file) ? it : it.skip

  present('is a tree that is built again from its entries, node for node', async () => {
    const { store, root } = await open(file)
    const walkedNodes: string[] = []
    const entries: [string, Cid][] = []
    for (const item of walkTree(store, root))
      if (item.kind === 'node') walkedNodes.push(`${item.at.after} ${item.at.layer} ${item.cid.toString()}`)
      else entries.push([item.key, item.value])
    const built: NodeBlock[] = []
    expect(buildTree(entries, (node) => built.push(node)).root.toString()).toBe(root.toString())
    expect(built.map(({ at, cid }) => `${at.after} ${at.layer} ${cid.toString()}`).sort()).toEqual(walkedNodes.sort())
    expect(treeOf(entries).root.toString()).toBe(root.toString())
    expect(Array.from(Mst.load(store, root).entries(), ({ key }) => key)).toEqual(entries.map(([key]) => key))
  })

  present('takes a commit that its proof undoes', async () => {
    const { store, root } = await open(file)
    const before = Mst.load(store, root)
    const held = Array.from(before.entries(), ({ key }) => key).filter(
      (_, i, all) => i % Math.ceil(all.length / 30) === 0,
    )
    let after = treeOf(
      held.map((key) => [`${key}x`, LEAF]),
      before,
    )
    held.forEach((key, i) => (after = i % 2 ? after.delete(key) : after.set(key, LEAF)))
    const { ops } = diffTrees(before, after)
    expect(ops).toHaveLength(held.length * 2)
    const partial = Mst.load(storeOf(proveOps(after, ops)), after.root)
    expect(invertOps(partial, ops).root.toString()).toBe(root.toString())
  })
})
