import { P256Keypair, Secp256k1Keypair } from '@atproto/crypto'
import { MemoryBlockstore as ReferenceStore, type RecordWriteOp, Repo, WriteOpAction } from '@atproto/repo'
import type { NsidString, RecordKeyString } from '@atproto/syntax'
import fc from 'fast-check'
import { type Blockstore, MemoryBlockstore } from '../../src/repo-engine/blockstore.js'
import { type CarBlock, decodeCar, encodeCar, encodeCarHeader, encodeCarSection } from '../../src/repo-engine/car.js'
import { type DataValue, decodeCbor, encodeCbor } from '../../src/repo-engine/cbor.js'
import { Cid } from '../../src/repo-engine/cid.js'
import { signCommit } from '../../src/repo-engine/commit.js'
import { RepoError } from '../../src/repo-engine/errors.js'
import { formatCommit, type FormattedCommit, type RepoWrite } from '../../src/repo-engine/format-commit.js'
import { SigningKey } from '../../src/repo-engine/keys.js'
import { buildTree } from '../../src/repo-engine/mst/build.js'
import { diffTrees, type TreeOp } from '../../src/repo-engine/mst/diff.js'
import { Mst } from '../../src/repo-engine/mst/tree.js'
import { parseDid } from '../../src/repo-engine/syntax.js'
import { parseTid, type Tid, tidFromMicros } from '../../src/repo-engine/tid.js'
import { applyOps, verifyDiff, type VerifyDiffInput } from '../../src/repo-engine/verify-diff.js'
import { type RepoItem, type RepoSummary, verifyRepo, type VerifyRepoInput } from '../../src/repo-engine/verify-repo.js'

const alice = parseDid('did:plc:ewvi7nxzyoun6zhxrhs64oiz')
const carla = parseDid('did:web:carla.test')
const key = SigningKey.fromPrivate('k256', Buffer.alloc(32, 1))
const otherKey = SigningKey.fromPrivate('k256', Buffer.alloc(32, 2))
const p256 = SigningKey.fromPrivate('p256', Buffer.alloc(32, 3))

let revs = 0
const nextRev = () => tidFromMicros(1_700_000_000_000_000 + revs++, 1)
const record = (value: DataValue) => {
  const bytes = encodeCbor(value)
  return { cid: Cid.ofCbor(bytes), bytes }
}
const note = (text: string) => record({ $type: 'com.example.note', text })
const path = (n: number) => `com.example.note/${tidFromMicros(1_600_000_000_000_000 + n * 1_000_003, 1)}`
const create = (n: number, text = `note ${n}`): RepoWrite => ({ action: 'create', path: path(n), ...note(text) })
const update = (n: number, text: string): RepoWrite => ({ action: 'update', path: path(n), ...note(text) })
const remove = (n: number): RepoWrite => ({ action: 'delete', path: path(n) })

const genesis = (writes: RepoWrite[], signer = key) =>
  formatCommit({ did: alice, tree: Mst.empty(), head: null, since: null, rev: nextRev(), writes, key: signer })
const next = (
  before: FormattedCommit,
  writes: RepoWrite[],
  change: { did?: typeof alice; rev?: Tid; key?: SigningKey } = {},
) =>
  formatCommit({
    did: alice,
    tree: before.tree,
    head: before.cid,
    since: null,
    rev: nextRev(),
    writes,
    key,
    ...change,
  })

function storeOf(blocks: Iterable<CarBlock>): MemoryBlockstore {
  const store = new MemoryBlockstore()
  for (const { cid, bytes } of blocks) store.put(cid, bytes)
  return store
}

function run(input: VerifyRepoInput): { items: RepoItem[]; summary: RepoSummary } {
  const items: RepoItem[] = []
  const steps = verifyRepo(input)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return { items, summary: value }
    items.push(value)
  }
}

function errorOf(action: () => unknown): RepoError {
  try {
    action()
  } catch (error) {
    if (error instanceof RepoError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** A repository of any records under any paths, signed, as blocks. */
function repoOf(entries: [string, CarBlock][]): { head: Cid; store: MemoryBlockstore } {
  const store = storeOf(entries.map(([, block]) => block))
  const { root } = buildTree(
    entries.map(([path, { cid }]) => [path, cid] as const),
    ({ cid, bytes }) => store.put(cid, bytes),
  )
  const bytes = signCommit({ did: alice, version: 3, data: root, rev: nextRev(), prev: null }, key)
  store.put(Cid.ofCbor(bytes), bytes)
  return { head: Cid.ofCbor(bytes), store }
}

describe('verifyRepo', () => {
  const commit = genesis(Array.from({ length: 50 }, (_, n) => create(n)))
  const { blocks } = decodeCar(commit.blocks)
  const store = storeOf(blocks)
  const head = commit.cid

  it('gives the commit, then nodes and records in pre-order, then a summary', () => {
    const { items, summary } = run({ store, head, did: alice, didKey: key.didKey })
    expect(items[0]).toMatchObject({ kind: 'commit', cid: head })
    expect(items.flatMap((item) => (item.kind === 'record' ? [item.path] : []))).toEqual(
      Array.from({ length: 50 }, (_, n) => path(n)),
    )
    expect(items.flatMap((item) => (item.kind === 'node' ? [{ at: item.at, cid: String(item.cid) }] : []))).toEqual(
      commit.addedNodes.map(({ at, cid }) => ({ at, cid: String(cid) })),
    )
    expect(summary).toMatchObject({ head, records: 50, nodes: commit.addedNodes.length })
    expect([...summary.collections]).toEqual([['com.example.note', 50]])
    expect(items.at(-1)).toMatchObject({ kind: 'record', value: { text: 'note 49' } })
  })

  it('takes keys of both curves, and the empty repository', () => {
    const empty = genesis([], p256)
    const { summary } = run({
      store: storeOf(decodeCar(empty.blocks).blocks),
      head: empty.cid,
      did: alice,
      didKey: p256.didKey,
    })
    expect(summary).toMatchObject({ nodes: 1, records: 0 })
  })

  it('refuses another DID, another key, a missing or false block', () => {
    expect(errorOf(() => run({ store, head, did: carla })).code).toBe('InvalidCommit')
    expect(errorOf(() => run({ store, head, didKey: otherKey.didKey })).code).toBe('InvalidSignature')
    for (const { cid, bytes } of blocks) {
      const holed: Blockstore = { get: (wanted) => (wanted.equals(cid) ? null : store.get(wanted)) }
      expect(errorOf(() => run({ store: holed, head })).message).toBe(`missing block ${cid}`)
      const changed = Buffer.from(bytes)
      changed[changed.length >> 1]! ^= 1
      const lying: Blockstore = { get: (wanted) => (wanted.equals(cid) ? changed : store.get(wanted)) }
      expect(errorOf(() => run({ store: lying, head })).message).toMatch(/hash/)
    }
  })

  it('refuses any file of it with any bit changed', () => {
    const small = genesis([create(1), create(2), create(3)])
    const check = (car: Uint8Array) => {
      const { roots, blocks } = decodeCar(car)
      if (roots.length !== 1) throw new RepoError('InvalidCar', 'not one root')
      return run({ store: storeOf(blocks), head: roots[0]!, did: alice, didKey: key.didKey })
    }
    expect(check(small.blocks).summary.records).toBe(3)
    for (let at = 0; at < small.blocks.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(small.blocks)
        changed[at]! ^= 1 << bit
        errorOf(() => check(changed))
      }
    for (let end = 0; end < small.blocks.length; end++) errorOf(() => check(small.blocks.subarray(0, end)))
  })

  it('refuses records that are not DAG-CBOR maps', () => {
    const raw = Buffer.from('raw bytes')
    const cases: [CarBlock, RegExp][] = [
      [record(['a list']), /not a map/],
      [record('a text'), /not a map/],
      [record(null), /not a map/],
      [record(Buffer.from('bytes')), /not a map/],
      [record(commit.cid), /not a map/],
      [{ cid: Cid.ofCbor(raw), bytes: raw }, /com.example.note/],
      [{ cid: Cid.ofRaw(raw), bytes: raw }, /hash/],
      // {"b": 1, "a": 2}: keys out of order
      [{ cid: Cid.ofCbor(Buffer.from('a2616201616102', 'hex')), bytes: Buffer.from('a2616201616102', 'hex') }, /order/],
    ]
    for (const [block, message] of cases) {
      const error = errorOf(() => run(repoOf([[path(1), block]])))
      expect(error.code).toBe('InvalidData')
      expect(error.message).toMatch(message)
    }
  })

  it('takes a record that stands under many paths, or that is a node of the tree', () => {
    const twice = repoOf([
      [path(1), note('same')],
      [path(2), note('same')],
    ])
    expect(run(twice).summary.records).toBe(2)
    const node = commit.addedNodes[0]!
    expect(run(repoOf([[path(1), node]])).summary).toMatchObject({ records: 1, nodes: 1 })
  })

  it('stops at its limits', () => {
    const { nodes, bytes } = run({ store, head }).summary
    const limit = (limits: VerifyRepoInput['limits']) => run({ store, head, limits })
    limit({ maxNodes: nodes, maxRecords: 50, maxBytes: bytes })
    expect(errorOf(() => limit({ maxNodes: nodes - 1 })).code).toBe('LimitExceeded')
    expect(errorOf(() => limit({ maxRecords: 49 })).code).toBe('LimitExceeded')
    expect(errorOf(() => limit({ maxBytes: bytes - 1 })).code).toBe('LimitExceeded')
  })

  it('does not work without end on a small file that names a large record very often', () => {
    const large = note('x'.repeat(500_000))
    const bomb = repoOf(Array.from({ length: 20_000 }, (_, n) => [path(n), large]))
    let records = 0
    const walk = () => {
      for (const item of verifyRepo({ ...bomb, limits: { maxBytes: 20_000_000 } }))
        if (item.kind === 'record') records++
    }
    expect(errorOf(walk).code).toBe('LimitExceeded')
    expect(records).toBeLessThan(45)
  })

  it('fails cleanly on trees of noise under a good signature', () => {
    const root = commit.addedNodes[0]!.bytes
    const edit = fc.tuple(fc.nat(root.length), fc.nat(20), fc.uint8Array({ maxLength: 20 }))
    fc.assert(
      fc.property(edit, ([at, cut, put]) => {
        const node = Buffer.concat([root.subarray(0, at), put, root.subarray(at + cut)])
        fc.pre(!node.equals(root))
        const data = Cid.ofCbor(node)
        const bytes = signCommit({ did: alice, version: 3, data, rev: nextRev(), prev: null }, key)
        const fresh = storeOf([...blocks, { cid: data, bytes: node }, { cid: Cid.ofCbor(bytes), bytes }])
        errorOf(() => run({ store: fresh, head: Cid.ofCbor(bytes), did: alice, didKey: key.didKey }))
      }),
      { numRuns: 300 },
    )
  })
})

const known = ({ rev, data }: FormattedCommit) => ({ rev, data })

/** What a receiver that knows `before` checks when `commit` comes. */
const diffInput = (before: FormattedCommit | null, commit: FormattedCommit): VerifyDiffInput => ({
  car: commit.blocks,
  did: alice,
  didKey: key.didKey,
  known: before && known(before),
  ops: commit.ops,
})

const history = fc.array(fc.array(fc.tuple(fc.nat(60), fc.boolean()), { maxLength: 8 }), {
  minLength: 1,
  maxLength: 10,
})

/** Commits of random writes: a note that is there is changed or removed, another is created. */
function* play(steps: [number, boolean][][]) {
  const notes = new Set<number>()
  let before: FormattedCommit | null = null
  for (const step of [Array.from({ length: 30 }, (_, n): [number, boolean] => [2 * n, true]), ...steps]) {
    const writes = step.map(([n, keep], turn) => {
      if (!notes.has(n)) {
        notes.add(n)
        return create(n, `note ${turn}`)
      }
      if (keep) return update(n, `changed ${revs} ${turn}`)
      notes.delete(n)
      return remove(n)
    })
    const commit: FormattedCommit = before ? next(before, writes) : genesis(writes)
    yield { before, commit }
    before = commit
  }
}

describe('verifyDiff', () => {
  it('takes each commit of a history from its own blocks and the root before', () => {
    fc.assert(
      fc.property(history, (steps) => {
        let mirror = Mst.empty()
        for (const { before, commit } of play(steps)) {
          const verified = verifyDiff(diffInput(before, commit))
          expect(verified.head.equals(commit.cid)).toBe(true)
          expect(verified.commit).toMatchObject({ did: alice, rev: commit.rev })
          expect(Buffer.compare(verified.bytes, commit.bytes)).toBe(0)
          expect(verified.ops).toEqual(commit.ops)
          expect(verified.records.map(({ path, cid, bytes }) => [path, String(cid), String(bytes)])).toEqual(
            commit.records.map(({ path, cid, bytes }) => [path, String(cid), String(bytes)]),
          )
          // The receiver's own tree, moved on by the operations, is the sender's.
          const moved = applyOps(mirror, verified.ops)
          expect(moved.root.equals(commit.data)).toBe(true)
          if (before)
            expect(diffTrees(mirror, moved).added.map(({ cid }) => String(cid))).toEqual(
              commit.addedNodes.map(({ cid }) => String(cid)),
            )
          mirror = moved
        }
      }),
      { numRuns: 40 },
    )
  })

  it('takes the commits of @atproto/repo', async () => {
    for (const keypair of [await Secp256k1Keypair.create(), await P256Keypair.create()]) {
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          let repo = await Repo.create(new ReferenceStore(), alice, keypair)
          let mirror = Mst.empty()
          let rev = parseTid(repo.commit.rev)
          for (const { commit } of play(steps)) {
            const writes = commit.ops.map((op) => referenceWrite(op, commit))
            const theirs = await repo.formatCommit(writes, keypair)
            // As its server does: a record whose CID was in the repository before is not among the new blocks.
            const blocks = theirs.relevantBlocks
              .entries()
              .map(({ cid, bytes }) => ({ cid: Cid.fromBytes(cid.bytes), bytes }))
            const car = encodeCar(Cid.fromBytes(theirs.cid.bytes), [...blocks, ...commit.records])
            const ops = commit.ops
            const input = { car, did: alice, didKey: keypair.did(), known: { rev, data: mirror.root }, ops }
            const verified = verifyDiff(input)
            mirror = applyOps(mirror, verified.ops)
            rev = verified.commit.rev
            expect(mirror.root.equals(verified.commit.data)).toBe(true)
            repo = await repo.applyCommit(theirs)
          }
        }),
        { numRuns: 5 },
      )
    }
  })

  const base = genesis(Array.from({ length: 40 }, (_, n) => create(2 * n)))
  const writes = [create(21), update(10, 'changed'), remove(60), create(200)]
  const commit = next(base, writes)
  const good = diffInput(base, commit)
  const refuse = (change: Partial<VerifyDiffInput>) => errorOf(() => verifyDiff({ ...good, ...change }))

  it('takes what the next tests spoil', () => {
    expect(verifyDiff(good).ops).toHaveLength(4)
  })

  it('refuses another signer', () => {
    expect(refuse({ didKey: otherKey.didKey }).code).toBe('InvalidSignature')
    expect(refuse({ didKey: p256.didKey }).code).toBe('InvalidSignature')
    const forged = next(base, writes, { key: otherKey })
    expect(refuse({ car: forged.blocks }).code).toBe('InvalidSignature')
  })

  it('refuses another DID', () => {
    expect(refuse({ did: carla }).message).toMatch(/not of did:web:carla.test/)
    const foreign = next(base, writes, { did: carla })
    expect(refuse({ car: foreign.blocks }).code).toBe('InvalidCommit')
  })

  it('refuses a rev that is not later', () => {
    expect(refuse({ known: { ...known(base), rev: commit.rev } }).message).toMatch(/does not come after/)
    expect(refuse({ known: { ...known(base), rev: nextRev() } }).code).toBe('InvalidCommit')
    const old = next(base, writes, { rev: parseTid('2222222222222') })
    expect(refuse({ car: old.blocks }).code).toBe('InvalidCommit')
  })

  it('refuses another root before', () => {
    expect(refuse({ known: known(commit) }).code).toBe('InvalidCommit')
    expect(refuse({ known: { rev: base.rev, data: note('x').cid } }).message).toMatch(/lead back to/)
    expect(refuse({ known: null }).code).toBe('InvalidCommit')
    const skipped = next(commit, [create(300)])
    expect(refuse({ car: skipped.blocks, ops: skipped.ops }).code).toBe('InvalidCommit')
  })

  it('refuses a commit of version 2', () => {
    const bytes = signCommit({ did: alice, version: 2, data: commit.data, rev: commit.rev, prev: base.cid }, key)
    const cid = Cid.ofCbor(bytes)
    const car = encodeCar(cid, [{ cid, bytes }, ...decodeCar(commit.blocks).blocks])
    expect(refuse({ car }).message).toMatch(/version 2/)
  })

  it('refuses operations that are not all there is', () => {
    for (let i = 0; i < commit.ops.length; i++) {
      const error = refuse({ ops: commit.ops.toSpliced(i, 1) })
      expect(['InvalidCommit', 'MissingBlock']).toContain(error.code)
    }
  })

  it('refuses operations that did not happen', () => {
    const extra: TreeOp[] = [
      { action: 'create', path: path(301), cid: note('x').cid, prev: null },
      { action: 'create', path: path(0), cid: note('note 0').cid, prev: null },
      { action: 'update', path: path(0), cid: note('note 0').cid, prev: note('x').cid },
      { action: 'delete', path: path(1), cid: null, prev: note('x').cid },
      { action: 'delete', path: path(0), cid: null, prev: note('note 0').cid },
      { action: 'delete', path: 'not a path', cid: null, prev: note('x').cid },
    ]
    for (const op of extra) {
      refuse({ ops: [...commit.ops, op] })
      refuse({ ops: [op, ...commit.ops] })
      refuse({ ops: [op] })
    }
    expect(refuse({ ops: [...commit.ops, commit.ops[0]!] }).message).toMatch(/two operations/)
  })

  it('refuses operations that say something else than what happened', () => {
    const x = note('x').cid
    commit.ops.forEach((op, i) => {
      const changes: Partial<TreeOp>[] = [
        { cid: op.cid ? null : x },
        { prev: op.prev ? null : x },
        { cid: x },
        { prev: x },
        { path: path(400) },
        ...(['create', 'update', 'delete'] as const).filter((a) => a !== op.action).map((action) => ({ action })),
      ]
      for (const change of changes) refuse({ ops: commit.ops.with(i, { ...op, ...change }) })
    })
  })

  it('takes operations in any order, and leaves out updates that change nothing', () => {
    expect(verifyDiff({ ...good, ops: commit.ops.toReversed() }).ops).toEqual(commit.ops.toReversed())
    const same = note('note 0').cid
    const idle: TreeOp = { action: 'update', path: path(0), cid: same, prev: same }
    expect(verifyDiff({ ...good, ops: [idle, ...commit.ops] }).ops).toEqual(commit.ops)
  })

  it('refuses a file without the commit, a record or a node that it takes', () => {
    const { blocks } = decodeCar(commit.blocks)
    const needed = new Set([commit.cid, ...commit.records.map(({ cid }) => cid)].map(String))
    for (const block of blocks) {
      const rest = encodeCar(
        commit.cid,
        blocks.filter((other) => other !== block),
      )
      expect(refuse({ car: rest }).code).toBe('MissingBlock')
      needed.delete(String(block.cid))
    }
    expect(needed.size).toBe(0)
  })

  it('passes over blocks that nothing refers to', () => {
    const { blocks } = decodeCar(commit.blocks)
    expect(verifyDiff({ ...good, car: encodeCar(commit.cid, [note('extra'), ...blocks, ...blocks]) }).ops).toHaveLength(
      4,
    )
  })

  it('refuses a file with any byte changed', () => {
    for (let at = 0; at < commit.blocks.length; at++) {
      const changed = Buffer.from(commit.blocks)
      changed[at]! ^= 1 << (at % 8)
      refuse({ car: changed })
    }
  })

  it('refuses a file without a root, with two or another one, or beyond the limits', () => {
    const { blocks } = decodeCar(commit.blocks)
    expect(refuse({ car: Buffer.from('11a265726f6f7473806776657273696f6e01', 'hex') }).code).toBe('InvalidCar')
    const sections = blocks.map(({ cid, bytes }) => encodeCarSection(cid, bytes))
    const twoRoots = Buffer.concat([encodeCarHeader([commit.cid, base.cid]), ...sections])
    expect(refuse({ car: twoRoots }).message).toMatch(/2 roots/)
    expect(refuse({ car: encodeCar(commit.data, blocks) }).code).toBe('InvalidCommit')
    expect(refuse({ car: encodeCar(note('x').cid, blocks) }).code).toBe('MissingBlock')
    expect(refuse({ limits: { maxBytes: 1000 } }).code).toBe('LimitExceeded')
    expect(refuse({ ops: Array.from({ length: 201 }, () => commit.ops[0]!) }).code).toBe('LimitExceeded')
  })

  it('refuses records that are no records', () => {
    const bad = record('only text')
    const spoilt = next(base, [{ action: 'create', path: path(21), ...bad }])
    expect(refuse({ car: spoilt.blocks, ops: spoilt.ops }).code).toBe('InvalidData')
  })

  it('takes a new repository from nothing', () => {
    expect(verifyDiff(diffInput(null, base)).records).toHaveLength(40)
    const empty = genesis([])
    expect(verifyDiff(diffInput(null, empty)).ops).toEqual([])
    expect(verifyDiff(diffInput(empty, next(empty, [create(1)]))).ops).toHaveLength(1)
    expect(errorOf(() => verifyDiff({ ...diffInput(null, base), ops: [] })).code).toBe('InvalidCommit')
  })
})

describe('applyOps', () => {
  const { tree } = genesis([create(1), create(2)])
  const x = note('x').cid
  const one = note('note 1').cid

  it.each<[string, TreeOp, string]>([
    ['a create of what is there', { action: 'create', path: path(1), cid: x, prev: null }, 'KeyExists'],
    ['an update of what is not there', { action: 'update', path: path(3), cid: x, prev: one }, 'KeyNotFound'],
    ['a delete of what is not there', { action: 'delete', path: path(3), cid: null, prev: one }, 'KeyNotFound'],
    ['an update of something else', { action: 'update', path: path(1), cid: x, prev: x }, 'InvalidMst'],
    ['a delete of something else', { action: 'delete', path: path(1), cid: null, prev: x }, 'InvalidMst'],
    ['a create with a CID before', { action: 'create', path: path(3), cid: x, prev: one }, 'InvalidMst'],
    ['a delete with a CID after', { action: 'delete', path: path(1), cid: x, prev: one }, 'InvalidMst'],
    ['an update without a CID before', { action: 'update', path: path(1), cid: x, prev: null }, 'InvalidMst'],
  ])('refuses %s', (_, op, code) => {
    expect(errorOf(() => applyOps(tree, [op])).code).toBe(code)
  })
})

function referenceWrite({ action, path }: TreeOp, { records }: FormattedCommit): RecordWriteOp {
  const [collection, rkey] = path.split('/') as [NsidString, RecordKeyString]
  if (action === 'delete') return { action: WriteOpAction.Delete, collection, rkey }
  const record = decodeCbor(records.find((record) => record.path === path)!.bytes) as Record<string, string>
  return { action: action === 'create' ? WriteOpAction.Create : WriteOpAction.Update, collection, rkey, record }
}
