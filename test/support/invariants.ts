/**
 * The house's invariants, checked on whatever a database holds. The log is folded from its first event with nothing but
 * the frames' own bytes, as a relay would do it, and everything else in the database must be what comes out.
 */
import * as dagCbor from '@ipld/dag-cbor'
import type { CID } from 'multiformats/cid'
import type { LogRow } from '../../src/modules/commit-log/commit-log.js'
import type { Reader } from '../../src/modules/database/database.js'
import { linkOf } from '../../src/modules/repo/record-link.js'
import {
  buildTree,
  Cid,
  decodeCar,
  type Did,
  type NodeBlock,
  readCommit,
  MemoryBlockstore,
  type Tid,
  type TreeOp,
  verifyDiff,
} from '../../src/repo-engine/index.js'
import { eventually } from './eventually.js'

interface Entry {
  cid: Cid
  bytes: Uint8Array
  /** The rev of the commit that wrote it. */
  rev: Tid
}

/** A repository as its events tell it. */
export interface FoldedRepo {
  head: Cid
  data: Cid
  rev: Tid
  commitBlock: Uint8Array
  records: ReadonlyMap<string, Entry>
  /** The records of the tree whose nodes are stored, which may be some commits behind. */
  stored: ReadonlyMap<string, Entry>
  /** It was hosted here when its head was made: signed by the key that is held here. */
  hosted: boolean
}

export interface Fold {
  repos: Map<string, FoldedRepo>
  /** Every seq in the log, ascending. */
  seqs: number[]
  /** Whoever was deleted, with the number of the event that says so. */
  deleted: Map<string, number>
}

type RepoRow = Record<'head' | 'data' | 'commit_block' | 'stored_root', Buffer> & {
  did: string
  hosting: string
  rev: string
  tree: number
  stored_seq: number
  stored_layer: number
}

/** The body of an event: what its type has of these. */
export interface EventBody {
  seq: number
  time: string
  did?: string
  repo?: string
  status?: string
  rev: Tid
  since?: string | null
  commit: CID
  blocks: Uint8Array
  prevData?: CID
  ops: { action: TreeOp['action']; path: string; cid: CID | null; prev?: CID }[]
}

/** Folds the log from its first event. Fails where the events contradict each other: seq, time, rev, since, prevData, signature. */
export async function foldLog(read: Reader): Promise<Fold> {
  const fold: Fold = { repos: new Map(), seqs: [], deleted: new Map() }
  const storedSeqs = new Map((await read.all<RepoRow>('SELECT * FROM repo')).map((row) => [row.did, row.stored_seq]))
  const keyOf = await signers(read)
  let gap = 0
  for (let after = 0; ;) {
    const rows = await read.all<LogRow>('SELECT * FROM commit_log WHERE seq > ? ORDER BY seq LIMIT 500', after)
    if (rows.length === 0) break
    for (const row of rows) {
      if (after > 0 && row.seq !== after + 1) gap = row.seq
      fold.seqs.push((after = row.seq))
      try {
        await foldEvent(read, fold, row, keyOf(row))
        const repo = fold.repos.get(row.did)
        // An import, and the first commit, store all their nodes themselves, under the number before their own.
        if (repo && (row.seq <= storedSeqs.get(row.did)! || row.kind === 'import')) repo.stored = repo.records
      } catch (error) {
        throw new Error(`${row.kind} ${row.seq} of ${row.did}: ${(error as Error).message}`, { cause: error })
      }
    }
  }
  // Whoever is deleted leaves gaps, and a restore leaves one; nobody else does.
  const isRestored = await read.get("SELECT 1 FROM action WHERE action = 'restore'")
  if (!isRestored && gap > Math.max(0, ...fold.deleted.values()))
    throw new Error(`I2 dense seq: there is a gap before ${gap}`)
  return fold
}

/** Who has to have signed an event of an account here: the key of today, or the one that was its key then. */
async function signers(read: Reader): Promise<(row: LogRow) => string> {
  type Key = { did: string; until_seq: number; public_key: string }
  const keys = await read.all<Key>(
    `SELECT did, until_seq, public_key FROM retired_key UNION ALL
     SELECT did, 9000000000000000 AS until_seq, public_key FROM signing_key ORDER BY until_seq`,
  )
  return ({ did, seq }) => keys.find((key) => key.did === did && key.until_seq >= seq)?.public_key ?? ''
}

async function foldEvent(read: Reader, fold: Fold, row: LogRow, didKey: string): Promise<void> {
  const { did, kind } = row
  // A piece of an import has no word on the wire.
  if (kind === 'part') return
  const frame = row.frame!
  const header = dagCbor.encode({ op: 1, t: kind === 'import' ? '#sync' : `#${kind}` })
  same(frame.subarray(0, header.length).equals(header), true, 'header')
  const body = dagCbor.decode<EventBody>(frame.subarray(header.length))
  same([body.seq, body.time, body.did ?? body.repo], [row.seq, row.time, did], 'seq, time and did of the frame')
  if (kind === 'account' && body.status === 'deleted') {
    fold.repos.delete(did)
    fold.deleted.set(did, row.seq)
  }
  if (kind === 'account' || kind === 'identity') return

  const known = fold.repos.get(did)
  same([body.rev, row.cid?.toString('hex')], [row.rev, hex(headOf(body))], 'rev and head of the row')
  const hosted = row.hosted !== 0
  // One that lived elsewhere is adopted, or one that lives here has another key.
  const signsAnew = kind === 'sync' && hosted && known !== undefined && body.rev !== known.rev
  if (kind === 'sync' && !signsAnew) {
    same([body.rev, hex(headOf(body))], [known?.rev, known && hex(known.head)], 'a sync states the head')
    return
  }
  if (known && body.rev <= known.rev) throw new Error(`I3 rev ${body.rev} does not come after ${known.rev}`)
  if (signsAnew) {
    const { head, commit, bytes } = readHead(body, did, didKey)
    same(commit.data.toString(), known.data.toString(), 'a repository that is signed anew keeps its tree')
    same([commit.version, commit.rev, commit.prev], [3, body.rev, null], 'a commit that is signed anew')
    fold.repos.set(did, { ...known, head, rev: body.rev, commitBlock: bytes, hosted })
    return
  }
  if (kind === 'commit') {
    const verified = followCommit(body, known ?? null, didKey)
    const records = new Map(known?.records)
    for (const { path, action } of verified.ops) if (action === 'delete') records.delete(path)
    for (const { path, cid, bytes } of verified.records) records.set(path, { cid, bytes, rev: body.rev })
    const { head, commit, bytes } = verified
    fold.repos.set(did, {
      head,
      data: commit.data,
      rev: commit.rev,
      commitBlock: bytes,
      records,
      stored: known?.stored ?? records,
      hosted,
    })
  } else fold.repos.set(did, await foldImport(read, row, body, didKey))
}

/**
 * Holds a `#commit` against the head known before it, as a relay does, with nothing but what the event itself brings.
 * Fails where it does not follow on it: rev, since, prevData, signature, operations.
 */
export function followCommit(
  body: EventBody,
  known: { rev: Tid; data: Cid } | null,
  didKey: string,
): ReturnType<typeof verifyDiff> {
  same(body.since ?? null, known?.rev ?? null, 'since')
  same(body.prevData?.toString(), known?.data.toString(), 'prevData')
  const ops = body.ops.map(({ action, path, cid, prev }) => ({ action, path, cid: own(cid), prev: own(prev) }))
  const verified = verifyDiff({ car: body.blocks, did: body.repo as Did, didKey, known, ops })
  same([verified.commit.rev, verified.head.toString()], [body.rev, body.commit.toString()], 'rev and commit')
  return verified
}

async function foldImport(read: Reader, row: LogRow, body: EventBody, didKey: string): Promise<FoldedRepo> {
  const {
    partOf,
    records: count,
    hosting,
  } = dagCbor.decode<{ partOf: string; records: number; hosting: string }>(row.event!)
  const hosted = hosting === 'hosted'
  same(row.hosted !== 0, hosted, 'the log knows whether an import is of an account here')
  const { head, commit, bytes } = readHead(body, row.did, hosted ? didKey : undefined)
  const parts = await read.all<{ n: number; bytes: Buffer }>(
    'SELECT n, bytes FROM commit_log_part WHERE part_of = ? ORDER BY n',
    partOf,
  )
  same(
    parts.map(({ n }) => n),
    [...parts.keys()],
    'the parts of an import',
  )
  const records = new Map<string, Entry>()
  for (const part of parts)
    for (const [path, record] of dagCbor.decode<[string, Uint8Array][]>(part.bytes))
      records.set(path, { cid: Cid.ofCbor(record), bytes: record, rev: body.rev })
  same(records.size, count, 'the number of records of an import')
  return { head, data: commit.data, rev: body.rev, commitBlock: bytes, records, stored: records, hosted }
}

/** The commit of a sync, or of an import. Without a key, nobody here knows who must have signed it. */
function readHead(
  body: EventBody,
  did: string,
  didKey: string | undefined,
): ReturnType<typeof readCommit> & { head: Cid } {
  const store = new MemoryBlockstore()
  for (const { cid, bytes } of decodeCar(body.blocks).blocks) store.put(cid, bytes)
  const head = headOf(body)
  return { head, ...readCommit(store, head, { did: did as Did, ...(didKey !== undefined && { didKey }) }) }
}

/** The root of a frame's CAR. */
function headOf(body: EventBody): Cid {
  return decodeCar(body.blocks).roots[0]!
}

/**
 * I1, I4, I6 and what follows from them: the repositories, trees, records and links of the database are those that the
 * log tells of, no more and no less, and so are the accounts. Nothing half-made is there. With a PLC directory outside,
 * no identity is in the database. What was replaced, or left by a crash, is waited for until it is swept.
 */
export async function checkInvariants(read: Reader, plc: 'embedded' | 'outside' = 'embedded'): Promise<Fold> {
  const isSwept = async (): Promise<boolean> => !(await read.get("SELECT 1 FROM tree WHERE state <> 'live'"))
  await eventually(isSwept, 'old trees are swept')
  const fold = await foldLog(read)
  const repos = await read.all<RepoRow>('SELECT * FROM repo ORDER BY did')
  same(
    repos.map(({ did }) => did),
    [...fold.repos.keys()].sort(),
    'I1 a repository is there if and only if its events are',
  )
  for (const row of repos) {
    const repo = fold.repos.get(row.did)!
    same(
      [row.head.toString('hex'), row.rev],
      [hex(repo.head), repo.rev],
      `I4 the head of ${row.did} is its last event's`,
    )
    same(row.hosting === 'hosted', repo.hosted, `${row.did} is hosted here if and only if its head was made here`)
    same(
      [row.data.toString('hex'), Buffer.compare(row.commit_block, repo.commitBlock)],
      [hex(repo.data), 0],
      'I7 commit block',
    )
    const records = inOrder(repo.records)
    same(treeOf(records).root.toString(), repo.data.toString(), `I6 the tree of ${row.did}`)
    await checkRecords(read, row.tree, records)
    await checkNodes(read, row, inOrder(repo.stored))
  }
  await checkLeftovers(
    read,
    repos.map(({ tree }) => tree),
  )
  const hosted = repos.filter(({ hosting }) => hosting === 'hosted').map(({ did }) => did)
  await checkAccounts(read, hosted, plc === 'embedded' ? [...hosted, ...fold.deleted.keys()] : [])
  return fold
}

function inOrder(records: ReadonlyMap<string, Entry>): [string, Entry][] {
  return [...records].sort(([left], [right]) => (left < right ? -1 : 1))
}

function treeOf(records: [string, Entry][]): { root: Cid; layer: number; nodes: Map<string, NodeBlock> } {
  const nodes = new Map<string, NodeBlock>()
  const entries = records.map(([path, { cid }]) => [path, cid] as const)
  const built = buildTree(entries, (node) => nodes.set(`${node.at.after} ${-node.at.layer}`, node))
  return { ...built, nodes }
}

async function checkNodes(read: Reader, row: RepoRow, records: [string, Entry][]): Promise<void> {
  const { root, layer, nodes } = treeOf(records)
  same([row.stored_root.toString('hex'), row.stored_layer], [hex(root), layer], 'the root whose nodes are stored')
  const stored = await read.all<{ after: string; depth: number; cid: Buffer; bytes: Buffer; rev: string }>(
    'SELECT * FROM tree_node WHERE tree = ? ORDER BY after, depth',
    row.tree,
  )
  same(
    stored.map(({ after, depth }) => `${after} ${depth}`).sort(),
    [...nodes.keys()].sort(),
    'the places of the nodes',
  )
  for (const { after, depth, cid, bytes, rev } of stored) {
    const node = nodes.get(`${after} ${depth}`)!
    same(
      [cid.toString('hex'), Buffer.compare(bytes, node.bytes)],
      [hex(node.cid), 0],
      `the node ${-depth} after "${after}"`,
    )
    if (rev > row.rev) throw new Error(`a node of rev ${rev} in a repository of rev ${row.rev}`)
  }
  // An export since a rev passes over nodes that are no newer, so a root is never older than a record.
  const newest = records.reduce((rev, [, entry]) => (entry.rev > rev ? entry.rev : rev), '' as string)
  const top = stored.find(({ after, depth }) => after === '' && -depth === layer)!
  if (top.rev < newest) throw new Error(`the root is of rev ${top.rev}, a record of ${newest}`)
}

async function checkRecords(read: Reader, tree: number, expected: [string, Entry][]): Promise<void> {
  const stored = await read.all<{ path: string; cid: Buffer; bytes: Buffer; rev: string }>(
    'SELECT * FROM record WHERE tree = ? ORDER BY path',
    tree,
  )
  same(
    stored.map(({ path, cid, rev }) => [path, cid.toString('hex'), rev]),
    expected.map(([path, { cid, rev }]) => [path, hex(cid), rev]),
    'the records',
  )
  for (const { path, cid, bytes } of stored) same(hex(Cid.ofCbor(bytes)), cid.toString('hex'), `the bytes of ${path}`)
  const links = await read.all<{ path: string; subject: string }>(
    "SELECT collection || '/' || rkey AS path, subject FROM record_link WHERE tree = ?",
    tree,
  )
  const linked = expected
    .map(([path, { bytes }]) => ({ path, subject: linkOf(path, bytes) }))
    .filter(({ subject }) => subject !== null)
  same(links.map(flat).sort(), linked.map(flat).sort(), 'the links')
}

/** No tree but those in place, no piece of an import but those that an event names. */
async function checkLeftovers(read: Reader, live: number[]): Promise<void> {
  const trees = await read.all<{ id: number; state: string }>('SELECT id, state FROM tree ORDER BY id')
  same(
    trees,
    live.sort((a, b) => a - b).map((id) => ({ id, state: 'live' })),
    'the generations of trees',
  )
  for (const table of ['tree_node', 'record', 'record_link']) {
    const orphan = await read.get<{ tree: number }>(
      `SELECT tree FROM ${table} WHERE tree NOT IN (SELECT tree FROM repo)`,
    )
    same(orphan, undefined, `rows of ${table} that belong to no repository`)
  }
  const events = await read.all<{ event: Buffer }>("SELECT event FROM commit_log WHERE kind = 'import'")
  const named = new Set(events.map(({ event }) => dagCbor.decode<{ partOf: string }>(event).partOf))
  const parts = await read.all<{ part_of: string }>('SELECT DISTINCT part_of FROM commit_log_part')
  same(
    parts.filter(({ part_of }) => !named.has(part_of)),
    [],
    'pieces of imports that no event names',
  )
}

/**
 * An account, its hosted repository, its key, its handle and its identity: all of them, or none. A repository that is only
 * kept here has none of these. An identity outlives its account.
 */
async function checkAccounts(read: Reader, dids: string[], identities: string[]): Promise<void> {
  const isPlc = (did: string): boolean => did.startsWith('did:plc:')
  const of = async (sql: string): Promise<string[]> => (await read.all<{ did: string }>(sql)).map(({ did }) => did)
  same(await of('SELECT did FROM account ORDER BY did'), dids, 'accounts')
  same(await of('SELECT did FROM signing_key ORDER BY did'), dids, 'signing keys')
  same(await of('SELECT DISTINCT did FROM handle_claim ORDER BY did'), dids, 'handle claims')
  for (const table of ['next_signing_key', 'planned_deletion', 'retired_key'])
    same(
      await of(`SELECT did FROM ${table} WHERE did NOT IN (SELECT did FROM account)`),
      [],
      `${table} without an account`,
    )
  const known = [...new Set(identities.filter(isPlc))].sort()
  same(await of('SELECT DISTINCT did FROM plc_operation ORDER BY did'), known, 'identities')
}

function same(actual: unknown, expected: unknown, what: string): void {
  try {
    expect(actual).toEqual(expected)
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error })
  }
}

const hex = ({ bytes }: Cid): string => Buffer.from(bytes).toString('hex')
const own = (cid: CID | null | undefined): Cid | null => (cid ? Cid.fromBytes(cid.bytes) : null)
const flat = ({ path, subject }: { path: string; subject: string | null }): string => `${path} ${subject}`
