import fc from 'fast-check'
import { MemoryBlockstore } from '../../../src/repo-engine/blockstore.js'
import { Cid } from '../../../src/repo-engine/cid.js'
import { encodeNode, layerOf } from '../../../src/repo-engine/mst/node.js'
import { Mst } from '../../../src/repo-engine/mst/tree.js'
import { walkTree } from '../../../src/repo-engine/mst/walk.js'
import {
  anyEntries,
  codeOf,
  EMPTY_ROOT,
  LEAF,
  nodesOf,
  place,
  PositionStore,
  record,
  storeOf,
  treeOf,
  walked,
} from './trees.js'

/** Keys of one layer, ascending. */
function keysOn(layer: number, count: number, collection = 'a.b'): string[] {
  const keys: string[] = []
  for (let n = 0; keys.length < count; n++) {
    const key = `${collection}/${String(n).padStart(7, '0')}`
    if (layerOf(key) === layer) keys.push(key)
  }
  return keys
}

/** A store of hand-made nodes. */
class Forge extends MemoryBlockstore {
  /** Blocks that were asked for. */
  reads = 0

  override get(cid: Cid): Uint8Array | null {
    this.reads++
    return super.get(cid)
  }

  node(keys: string[], links: (Cid | null)[], values = keys.map(() => LEAF)): Cid {
    const bytes = encodeNode({ keys, values, links })
    const cid = Cid.ofCbor(bytes)
    this.put(cid, bytes)
    return cid
  }
}

describe('the walk of a tree', () => {
  it('streams nodes and entries in pre-order', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        const tree = treeOf(entries)
        const lines: string[] = []
        const visit = (node: typeof tree.top, after: string): void => {
          const { keys, values, kids } = node.open(tree.source)
          lines.push(`${place({ after, layer: node.layer })} ${node.cid.toString()}`)
          kids.forEach((kid, i) => {
            if (i > 0) lines.push(`${keys[i - 1]} = ${values[i - 1].toString()}`)
            if (kid) visit(kid, i === 0 ? after : keys[i - 1])
          })
        }
        visit(tree.top, '')
        expect(walked(storeOf(nodesOf(tree)), tree.root)).toEqual(lines)
      }),
      { numRuns: 50 },
    )
  })

  it('asks for every node at its position', () => {
    const tree = treeOf(Array.from({ length: 500 }, (_, n) => [`a.b/${n}`, record(n)]))
    const store = new PositionStore()
    for (const { at, cid, bytes } of nodesOf(tree)) store.rows.set(place(at), { cid, bytes })
    expect(walked(store, tree.root, { rootLayer: tree.layer })).toEqual(walked(storeOf(nodesOf(tree)), tree.root))
  })

  it('takes the empty tree', () => {
    expect(walked(storeOf(nodesOf(Mst.empty())), Mst.empty().root)).toEqual([` @0 ${EMPTY_ROOT}`])
  })

  it('takes one record under many keys, and a record that is a node of the tree', () => {
    const forge = new Forge()
    const low = keysOn(0, 6)
    const high = keysOn(1, 1, 'c.d')
    const child = forge.node(low, [null, ...low.map(() => null)])
    const root = forge.node(high, [child, null], [child])
    expect(walked(forge, root)).toHaveLength(2 + 7)
    expect(Mst.load(forge, root).delete(low[0]).set('z.z/9', child).get(high[0])!.equals(child)).toBe(true)
  })

  it('tells how many entries a node has', () => {
    const tree = treeOf(Array.from({ length: 300 }, (_, n) => [`a.b/${n}`, record(n)]))
    let entries = 0
    for (const item of walkTree(storeOf(nodesOf(tree)), tree.root)) if (item.kind === 'node') entries += item.entries
    expect(entries).toBe(300)
  })
})

describe('hostile trees', () => {
  const low = keysOn(0, 30)
  const mid = keysOn(1, 8)
  const high = keysOn(2, 4)
  const nulls = (count: number): null[] => Array.from({ length: count }, () => null)

  const forged: Record<string, (forge: Forge) => Cid> = {
    'a root without keys above a subtree': (forge) => forge.node([], [forge.node([low[0]], nulls(2))]),
    'an empty node below the root': (forge) => forge.node([mid[0]], [forge.node([], [null]), null]),
    'a chain without keys that ends in nothing': (forge) =>
      forge.node([high[0]], [forge.node([], [forge.node([], [null])]), null]),
    'a child two layers down': (forge) => forge.node([high[0]], [forge.node([low[0]], nulls(2)), null]),
    'a child on the same layer': (forge) => forge.node([mid[1]], [forge.node([mid[0]], nulls(2)), null]),
    'a child on a higher layer': (forge) => forge.node([mid[3]], [forge.node([high[0]], nulls(2)), null]),
    'a child below layer 0': (forge) => forge.node([low[1]], [forge.node([low[0]], nulls(2)), null]),
    'a left subtree with keys that come after': (forge) =>
      forge.node([mid[0]], [forge.node([keysOn(0, 1, 'z.z')[0]], nulls(2)), null]),
    'a right subtree with keys that come before': (forge) =>
      forge.node(keysOn(1, 1, 'z.z'), [null, forge.node([low[0]], nulls(2))]),
    'a subtree that reaches over the next key of an ancestor': (forge) => {
      const bottom = forge.node([low[0], ...keysOn(0, 1, 'z.z')], nulls(3))
      return forge.node(keysOn(2, 1, 'c.d'), [forge.node([], [bottom]), null])
    },
    'one subtree hanging at two places': (forge) => {
      const shared = forge.node([low[0]], nulls(2))
      return forge.node(mid.slice(0, 2), [shared, shared, null])
    },
    'a link to a record': (forge) => {
      const bytes = Buffer.from('a164746578746568656c6c6f', 'hex')
      forge.put(Cid.ofCbor(bytes), bytes)
      return forge.node([mid[0]], [Cid.ofCbor(bytes), null])
    },
  }

  it.each(Object.entries(forged))('%s', (_, make) => {
    const forge = new Forge()
    const root = make(forge)
    expect(codeOf(() => walked(forge, root))).toBe('InvalidMst')
    expect(codeOf(() => [...Mst.load(forge, root).entries()])).toBe('InvalidMst')
  })

  it('a block that does not hash to its CID', () => {
    const forge = new Forge()
    const child = forge.node([low[0]], nulls(2))
    const root = forge.node([mid[0]], [child, null])
    forge.put(child, encodeNode({ keys: [low[1]], values: [LEAF], links: nulls(2) }))
    expect(codeOf(() => walked(forge, root))).toBe('InvalidMst')
  })

  it('a missing block', () => {
    expect(codeOf(() => walked(new Forge(), LEAF))).toBe('MissingBlock')
  })

  it('two hundred thousand nodes without keys, one over the other', () => {
    const forge = new Forge()
    let chain = forge.node([low[0]], nulls(2))
    for (let i = 0; i < 200_000; i++) chain = forge.node([], [chain])
    expect(codeOf(() => walked(forge, chain))).toBe('InvalidMst')
    expect(codeOf(() => walked(forge, forge.node([high[0]], [chain, null])))).toBe('InvalidMst')
    expect(codeOf(() => Mst.load(forge, forge.node([high[0]], [chain, null])).get(low[0]))).toBe('InvalidMst')
    expect(forge.reads).toBeLessThan(1000)
  })

  it('nodes shared at every place of every layer, 41 to the sixth ways', () => {
    const forge = new Forge()
    const letters = 'abcdefg'
    let below = forge.node(keysOn(0, 1, 'a'), nulls(2))
    // Keys of 40 a layer are cheap to find up to layer 4; above, one does.
    for (let layer = 1; layer < 5; layer++) {
      const keys = keysOn(layer, 40, letters[layer])
      below = forge.node(keys, [below, ...keys.map(() => below)])
    }
    expect(codeOf(() => walked(forge, below))).toBe('InvalidMst')
    expect(forge.reads).toBeLessThan(1000)
  })

  it('nodes without keys shared over and over', () => {
    const forge = new Forge()
    let shared = forge.node([low[0]], nulls(2))
    for (let layer = 1; layer < 4; layer++) shared = forge.node([], [shared])
    const keys = keysOn(4, 40, 'b')
    expect(codeOf(() => walked(forge, forge.node(keys, [shared, ...keys.map(() => shared)])))).toBe('InvalidMst')
  })

  it.each([
    ['nodes', { maxNodes: 10 }],
    ['entries', { maxEntries: 99 }],
    ['bytes', { maxBytes: 1000 }],
    ['layers, as mined keys make them', { maxLayer: 1 }],
  ])('more %s than allowed', (_, limits) => {
    const tree = treeOf(Array.from({ length: 100 }, (_, n) => [`a.b/${n}`, record(n)]))
    const store = storeOf(nodesOf(tree))
    expect(codeOf(() => walked(store, tree.root, limits))).toBe('LimitExceeded')
    expect(walked(store, tree.root, { maxNodes: 100, maxEntries: 100, maxBytes: 50_000, maxLayer: 6 })).not.toEqual([])
  })
})
