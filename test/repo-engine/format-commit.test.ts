import { Secp256k1Keypair, verifySignature } from '@atproto/crypto'
import {
  MemoryBlockstore as ReferenceStore,
  type RecordWriteOp,
  Repo,
  verifyRepoCar,
  WriteOpAction,
} from '@atproto/repo'
import type { NsidString, RecordKeyString } from '@atproto/syntax'
import fc from 'fast-check'
import { type CarBlock, decodeCar, encodeCar } from '../../src/repo-engine/car.js'
import { decodeCbor, encodeCbor } from '../../src/repo-engine/cbor.js'
import { Cid } from '../../src/repo-engine/cid.js'
import { decodeCommit, encodeUnsignedCommit, verifyCommit } from '../../src/repo-engine/commit.js'
import { RepoError } from '../../src/repo-engine/errors.js'
import {
  type CommitInput,
  formatCommit,
  type FormattedCommit,
  type RepoWrite,
} from '../../src/repo-engine/format-commit.js'
import { SigningKey } from '../../src/repo-engine/keys.js'
import { buildTree } from '../../src/repo-engine/mst/build.js'
import { Mst } from '../../src/repo-engine/mst/tree.js'
import { parseDid } from '../../src/repo-engine/syntax.js'
import { tidFromMicros } from '../../src/repo-engine/tid.js'

const did = parseDid('did:plc:ewvi7nxzyoun6zhxrhs64oiz')
const key = SigningKey.fromPrivate('k256', Buffer.alloc(32, 1))
const revAt = (n: number) => tidFromMicros(1_700_000_000_000_000 + n, 1)
let revs = 1

const record = (text: string) => {
  const bytes = encodeCbor({ $type: 'com.example.note', text })
  return { cid: Cid.ofCbor(bytes), bytes }
}
const rkey = (n: number) => tidFromMicros(1_600_000_000_000_000 + n * 1_000_003, 1)
const path = (n: number) => `com.example.note/${rkey(n)}`
const create = (n: number, text = `note ${n}`): RepoWrite => ({ action: 'create', path: path(n), ...record(text) })
const update = (n: number, text: string): RepoWrite => ({ action: 'update', path: path(n), ...record(text) })
const remove = (n: number): RepoWrite => ({ action: 'delete', path: path(n) })

const genesis = (writes: RepoWrite[] = []) =>
  formatCommit({ did, tree: Mst.empty(), head: null, since: null, rev: revAt(0), writes, key })
const next = (before: FormattedCommit, writes: RepoWrite[], change: Partial<CommitInput> = {}) => {
  const { tree, cid: head, rev: since } = before
  return formatCommit({ did, tree, head, since, rev: revAt(revs++), writes, key, ...change })
}
const codeOf = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    if (error instanceof RepoError) return error.code
    throw error
  }
  return 'none'
}
const text = (cids: Iterable<{ cid: Cid }>) => [...cids].map(({ cid }) => cid.toString())

describe('the first commit', () => {
  it('needs no writes', () => {
    const commit = genesis()
    expect(commit).toMatchObject({ prev: null, prevData: null, since: null, ops: [], records: [], removedNodes: [] })
    expect(commit.tree.isEmpty).toBe(true)
    expect(text(commit.addedNodes)).toEqual(['bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm'])
    expect(text(decodeCar(commit.blocks).blocks)).toEqual([String(commit.cid), String(commit.data)])
  })

  it('brings every node and record of its tree', () => {
    const commit = genesis(Array.from({ length: 100 }, (_, n) => create(n)))
    const built = new Set<string>()
    buildTree(
      [...commit.tree.entries()].map(({ key, value }) => [key, value] as const),
      (node) => built.add(String(node.cid)),
    )
    expect(new Set(text(commit.addedNodes))).toEqual(built)
    expect(commit.records).toHaveLength(100)
    expect(commit.removedNodes).toEqual([])
    expect(decodeCar(commit.blocks).blocks).toHaveLength(1 + built.size + 100)
  })

  it('is signed over the fields that it shows', async () => {
    const commit = genesis([create(1)])
    const decoded = decodeCommit(commit.bytes)
    expect(commit.cid.matches(commit.bytes)).toBe(true)
    expect(decoded).toMatchObject({ did, version: 3, rev: commit.rev, prev: null })
    expect(decoded.data.equals(commit.data)).toBe(true)
    expect(verifyCommit(decoded, key.didKey)).toBe(true)
    expect(await verifySignature(key.didKey, encodeUnsignedCommit(decoded), decoded.sig)).toBe(true)
  })
})

describe('ops', () => {
  const base = genesis([create(1), create(2), create(3)])
  const opsOf = (...writes: RepoWrite[]) =>
    next(base, writes).ops.map(({ action, path, cid, prev }) => [
      action,
      path,
      cid && String(cid),
      prev && String(prev),
    ])
  const cidOf = (note: string) => String(record(note).cid)

  it('are one per write, in the order of the writes', () => {
    expect(opsOf(remove(3), create(9), update(1, 'new'))).toEqual([
      ['delete', path(3), null, cidOf('note 3')],
      ['create', path(9), cidOf('note 9'), null],
      ['update', path(1), cidOf('new'), cidOf('note 1')],
    ])
  })

  it('are the net effect where a path is written more than once', () => {
    expect(opsOf(create(9), remove(9))).toEqual([])
    expect(opsOf(create(9), update(9, 'x'))).toEqual([['create', path(9), cidOf('x'), null]])
    expect(opsOf(update(1, 'x'), update(1, 'y'))).toEqual([['update', path(1), cidOf('y'), cidOf('note 1')]])
    expect(opsOf(update(1, 'x'), update(1, 'note 1'))).toEqual([])
    expect(opsOf(update(1, 'x'), remove(1))).toEqual([['delete', path(1), null, cidOf('note 1')]])
    expect(opsOf(remove(1), create(1, 'x'))).toEqual([['update', path(1), cidOf('x'), cidOf('note 1')]])
    expect(opsOf(remove(1), create(1), create(8))).toEqual([['create', path(8), cidOf('note 8'), null]])
  })

  it('vanish for an update to what is there', () => {
    const commit = next(base, [update(2, 'note 2')])
    expect(commit).toMatchObject({ ops: [], records: [], addedNodes: [], removedNodes: [] })
    expect(commit.data.equals(base.data)).toBe(true)
    expect(commit.cid.equals(base.cid)).toBe(false)
    expect(text(decodeCar(commit.blocks).blocks)).toEqual([String(commit.cid)])
  })

  it('come with the records that are new, each block once', () => {
    const commit = next(base, [create(11, 'same'), create(12, 'same'), update(1, 'other'), remove(2)])
    expect(commit.records.map(({ path }) => path)).toEqual([path(11), path(12), path(1)])
    const carried = text(decodeCar(commit.blocks).blocks)
    expect(carried[0]).toBe(String(commit.cid))
    expect(carried.filter((cid) => cid === cidOf('same'))).toHaveLength(1)
    expect(new Set(carried).size).toBe(carried.length)
  })

  it('may empty the repository', () => {
    const commit = next(base, [remove(1), remove(2), remove(3)])
    expect(commit.data.equals(genesis().data)).toBe(true)
    expect(text(commit.addedNodes)).toEqual([String(commit.data)])
  })

  it('may be many thousands', () => {
    const commit = next(
      base,
      Array.from({ length: 5000 }, (_, n) => create(n + 10)),
    )
    expect(commit.ops).toHaveLength(5000)
  })
})

describe('a commit is refused', () => {
  const base = genesis([create(1)])

  it('for a write that does not fit what is there', () => {
    expect(codeOf(() => next(base, [create(1)]))).toBe('KeyExists')
    expect(codeOf(() => next(base, [create(2), create(2)]))).toBe('KeyExists')
    expect(codeOf(() => next(base, [update(2, 'x')]))).toBe('KeyNotFound')
    expect(codeOf(() => next(base, [remove(2)]))).toBe('KeyNotFound')
    expect(codeOf(() => next(base, [remove(1), update(1, 'x')]))).toBe('KeyNotFound')
  })

  it('for a path that cannot be in a tree', () => {
    for (const bad of [
      '',
      'com.example.note',
      'com.example.note/',
      'a/b/c',
      'com.example.note/ü',
      'a/' + 'x'.repeat(1100),
    ])
      expect(codeOf(() => next(base, [{ action: 'create', path: bad, ...record('x') }]))).toBe('InvalidMst')
  })

  it('for a rev that is not later', () => {
    expect(codeOf(() => next(base, [], { rev: base.rev }))).toBe('InvalidCommit')
    expect(codeOf(() => next(base, [], { rev: revAt(-1) }))).toBe('InvalidCommit')
  })

  it('and nothing of the tree before has changed', () => {
    const data = String(base.tree.root)
    expect(codeOf(() => next(base, [create(5), remove(1), create(5)]))).toBe('KeyExists')
    expect(String(base.tree.root)).toBe(data)
    expect(base.tree.get(path(5))).toBeNull()
  })
})

/** A history: for each commit, which notes are toggled (created or deleted) and which are changed. */
const history = fc.array(
  fc.array(fc.tuple(fc.nat(40), fc.constantFrom('toggle' as const, 'change' as const)), { maxLength: 6 }),
  { minLength: 1, maxLength: 12 },
)

function* play(steps: [number, 'toggle' | 'change'][][]) {
  const notes = new Map<number, string>()
  let head: FormattedCommit | null = null
  let turn = 0
  for (const step of steps) {
    const writes: RepoWrite[] = []
    for (const [n, kind] of step) {
      const note = `note ${n} of turn ${turn++}`
      if (!notes.has(n)) writes.push(create(n, note))
      else writes.push(kind === 'change' ? update(n, note) : remove(n))
      if (notes.has(n) && kind === 'toggle') notes.delete(n)
      else notes.set(n, note)
    }
    head = head ? next(head, writes) : genesis(writes)
    yield { commit: head, writes, notes }
  }
}

describe('over random histories', () => {
  it('the tree, the nodes kept by difference and the records are what was written', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const byPosition = new Map<string, string>()
        for (const { commit, notes } of play(steps)) {
          const place = ({ after, layer }: { after: string; layer: number }) => `${after} ${layer}`
          for (const { at, cid } of commit.removedNodes) {
            expect(byPosition.get(place(at))).toBe(String(cid))
            byPosition.delete(place(at))
          }
          for (const { at, cid, bytes } of commit.addedNodes) {
            expect(cid.matches(bytes)).toBe(true)
            expect(byPosition.has(place(at))).toBe(false)
            byPosition.set(place(at), String(cid))
          }
          const entries = [...notes].map(([n, note]) => [path(n), record(note).cid] as const)
          entries.sort(([a], [b]) => (a < b ? -1 : 1))
          const nodes = new Map<string, string>()
          const built = buildTree(entries, ({ at, cid }) => nodes.set(place(at), String(cid)))
          expect(String(commit.data)).toBe(String(built.root))
          expect(new Map([...byPosition].sort())).toEqual(new Map([...nodes].sort()))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('@atproto/repo makes the same trees, and takes our commits', async () => {
    const keypair = await Secp256k1Keypair.import(key.exportPrivate())
    const onePerPath = history.map((steps) =>
      steps.map((step) => [...new Map(step.map((edit) => [edit[0], edit])).values()]),
    )
    await fc.assert(
      fc.asyncProperty(onePerPath, async (steps) => {
        let reference = await Repo.create(new ReferenceStore(), did, keypair)
        const blocks: CarBlock[] = []
        for (const { commit, writes } of play(steps)) {
          reference = await reference.applyWrites(writes.map(referenceWrite), keypair)
          expect(String(await reference.data.getPointer())).toBe(String(commit.data))

          // All blocks so far, as a receiver of the firehose would have them.
          blocks.push(...decodeCar(commit.blocks).blocks)
          const verified = await verifyRepoCar(encodeCar(commit.cid, blocks), did, key.didKey)
          expect(verified.creates).toHaveLength([...commit.tree.entries()].length)
          expect(verified.commit.rev).toBe(commit.rev)
        }
      }),
      { numRuns: 15 },
    )
  })
})

function referenceWrite(write: RepoWrite): RecordWriteOp {
  const [collection, rkey] = write.path.split('/') as [NsidString, RecordKeyString]
  if (write.action === 'delete') return { action: WriteOpAction.Delete, collection, rkey }
  const action = write.action === 'create' ? WriteOpAction.Create : WriteOpAction.Update
  return { action, collection, rkey, record: decodeCbor(write.bytes) as Record<string, string> }
}
