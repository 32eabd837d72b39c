import { CarReader } from '@ipld/car'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MemoryBlockstore } from '../../src/repo-engine/blockstore.js'
import { decodeCar, encodeCar, readCar } from '../../src/repo-engine/car.js'
import { type DataValue, decodeCbor } from '../../src/repo-engine/cbor.js'
import { Cid } from '../../src/repo-engine/cid.js'
import { type DecodedCommit, decodeCommit } from '../../src/repo-engine/commit.js'
import { buildTree } from '../../src/repo-engine/mst/build.js'
import { diffTrees } from '../../src/repo-engine/mst/diff.js'
import { Mst } from '../../src/repo-engine/mst/tree.js'
import { applyOps } from '../../src/repo-engine/verify-diff.js'
import { type RepoItem, type RepoSummary, verifyRepo, type VerifyRepoInput } from '../../src/repo-engine/verify-repo.js'

const project = fileURLToPath(new URL('../..', import.meta.url))
const fixtures = resolve(project, 'test/fixtures/cars')
/** Larger repositories, which are not part of the project. Their tests are left out where the folder is absent. */
const vectors = resolve(project, process.env.SKYLOG_VECTORS ?? '../shared/vectors/cars')

interface Expected {
  folder: string
  name: string
  did: string
  version: 2 | 3
  blocks: number
  nodes: number
  records: number
}

const expected: Expected[] = [
  {
    folder: fixtures,
    name: 'greenground.car',
    did: 'did:plc:kzcqyc3unb33eh5sxzsfs25z',
    version: 3,
    blocks: 4,
    nodes: 1,
    records: 2,
  },
  {
    folder: vectors,
    name: 'bsky-app-2025-08.car',
    did: 'did:plc:z72i7hdynmk6r22z27h6tvur',
    version: 3,
    blocks: 5335,
    nodes: 1110,
    records: 4224,
  },
  {
    folder: vectors,
    name: '2023-v2-full-history.car',
    did: 'did:plc:dpg45vsnuir2vqqqadsn6afg',
    version: 2,
    blocks: 690,
    nodes: 33,
    records: 142,
  },
]

const history = resolve(vectors, '2023-v2-full-history.car')

function load(file: string): { head: Cid; store: MemoryBlockstore; bytes: Buffer } {
  const bytes = readFileSync(file)
  const { roots, blocks } = decodeCar(bytes)
  const store = new MemoryBlockstore()
  for (const block of blocks) store.put(block.cid, block.bytes)
  return { head: roots[0]!, store, bytes }
}

function verify(input: VerifyRepoInput): { items: RepoItem[]; summary: RepoSummary } {
  const items: RepoItem[] = []
  const steps = verifyRepo(input)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return { items, summary: value }
    items.push(value)
  }
}

function linksIn(value: DataValue): Cid[] {
  if (value instanceof Cid) return [value]
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return []
  return Object.values(value).flatMap(linksIn)
}

describe.each(expected)('$name', ({ folder, name, did, version, blocks, nodes, records }) => {
  const file = resolve(folder, name)
  const test = existsSync(file) ? it : it.skip

  test('is read as @ipld/car reads it, whole or as a stream', async () => {
    const bytes = readFileSync(file)
    const reader = await CarReader.fromBytes(bytes)
    const theirs = []
    for await (const { cid, bytes } of reader.blocks()) theirs.push(`${cid} ${bytes.length}`)
    expect(theirs).toHaveLength(blocks)
    const whole = decodeCar(bytes)
    expect(whole.roots.map(String)).toEqual((await reader.getRoots()).map(String))
    expect(whole.blocks.map(({ cid, bytes }) => `${cid} ${bytes.length}`)).toEqual(theirs)

    async function* pieces() {
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
    }
    const stream = await readCar(pieces())
    const streamed = []
    for await (const { cid, bytes } of stream.blocks) streamed.push(`${cid} ${bytes.length}`)
    expect(streamed).toEqual(theirs)
    expect(encodeCar(whole.roots[0]!, whole.blocks).equals(bytes)).toBe(true)
  })

  test('is a well-formed repository', () => {
    const { head, store } = load(file)
    const { items, summary } = verify({ store, head })
    expect(summary).toMatchObject({ nodes, records, commit: { did, version } })
    expect([...summary.collections.values()].reduce((sum, count) => sum + count, 0)).toBe(records)
    expect(items).toHaveLength(1 + nodes + records)
    expect(summary.bytes).toBe(items.reduce((sum, { bytes }) => sum + bytes.length, 0))
    for (const item of items) if (item.kind === 'record') expect(typeof item.value.$type).toBe('string')
  })

  test('written back in streamable order, is the same repository', () => {
    const { head, store } = load(file)
    const { items, summary } = verify({ store, head })
    const { roots, blocks: written } = decodeCar(encodeCar(head, items))
    expect(roots.map(String)).toEqual([String(head)])
    expect(written.map(({ cid }) => String(cid))).toEqual(items.map(({ cid }) => String(cid)))
    const again = new MemoryBlockstore()
    for (const block of written) again.put(block.cid, block.bytes)
    expect(verify({ store: again, head }).summary).toEqual(summary)

    // Nothing is written before a block that links to it, and records come in order of their paths.
    const linked = new Set([String(head)])
    const unannounced = items.filter(({ kind, cid, bytes }) => {
      if (kind !== 'record') for (const link of linksIn(decodeCbor(bytes))) linked.add(String(link))
      return !linked.has(String(cid))
    })
    expect(unannounced).toEqual([])
    const paths = items.flatMap((item) => (item.kind === 'record' ? [item.path] : []))
    expect(paths).toEqual([...paths].sort())
  })

  test('has the tree that its records make', () => {
    const { head, store } = load(file)
    const { items, summary } = verify({ store, head })
    const entries = items.flatMap((item) => (item.kind === 'record' ? [[item.path, item.cid] as const] : []))
    const built: string[] = []
    const { root } = buildTree(entries, ({ at, cid }) => built.push(`${at.after} ${at.layer} ${cid}`))
    expect(String(root)).toBe(String(summary.commit.data))
    const walked = items.flatMap((item) =>
      item.kind === 'node' ? [`${item.at.after} ${item.at.layer} ${item.cid}`] : [],
    )
    expect(built.sort()).toEqual(walked.sort())
  })

  test('is not verified without any one of its blocks', () => {
    const { head, store } = load(file)
    const { items } = verify({ store, head })
    const step = Math.ceil(items.length / 10)
    for (let i = 0; i < items.length; i += step) {
      const missing = items[i]!.cid
      const holed = { get: (cid: Cid) => (cid.equals(missing) ? null : store.get(cid)) }
      expect(() => verify({ store: holed, head })).toThrow(`missing block ${missing}`)
    }
  })
})

describe('a repository with its whole history', () => {
  const test = existsSync(history) ? it : it.skip

  test('is well-formed at each of its commits, and each is the one before plus a few operations', () => {
    const { head, store } = load(history)
    const commits: DecodedCommit[] = []
    for (let cid: Cid | null = head; cid; cid = commits[0]!.prev) commits.unshift(decodeCommit(store.get(cid)!))
    expect(commits).toHaveLength(143)

    let before: DecodedCommit | null = null
    for (const commit of commits) {
      const tree: Mst = Mst.load(store, commit.data)
      const treeBefore = before ? Mst.load(store, before.data) : Mst.empty()
      const { ops } = diffTrees(treeBefore, tree)
      expect(ops.length).toBeLessThan(20)
      expect(String(applyOps(treeBefore, ops).root)).toBe(String(commit.data))
      before = commit
    }
  })

  test('is verified from any of its commits', () => {
    const { head, store } = load(history)
    let count = 0
    for (let cid: Cid | null = head; cid; count++) cid = verify({ store, head: cid }).summary.commit.prev
    expect(count).toBe(143)
  })
})
