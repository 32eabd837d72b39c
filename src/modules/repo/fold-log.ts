/**
 * A repository as its log alone tells it (getRepo(head) = fold(events of that DID)). Every event is checked against
 * what the ones before it have made: a log that does not fit together is broken own state, and throws.
 */
import {
  Cid,
  CborReader,
  carBlocks,
  type DecodedCommit,
  type DataMap,
  decodeCar,
  decodeCbor,
  decodeCborPrefix,
  decodeCommit,
  type RecordBlock,
  TreeBuilder,
  type TreeOp,
} from '../../repo-engine/index.js'
import type { LogRow } from '../commit-log/commit-log.js'

/** Gives the pieces of an import in order, by the name that its event has for them. */
export type PartsReader = (partOf: string) => AsyncIterable<Uint8Array>

/** What a repository is after the events of its log. */
export interface FoldedRepo {
  /** Sequence number of the event that made the head. */
  seq: number
  head: Cid
  rev: string
  /** Root of the tree that `entries` make. */
  data: Cid
  /** CIDs of the records by path, in no order. */
  entries: ReadonlyMap<string, Cid>
}

/** The events of a repository do not make a repository. */
export class BrokenLog extends Error {}

/** What a commit event tells: the signed block, the operations, and the records that they put in place. */
export interface LoggedCommit {
  commit: DecodedCommit
  since: string | null
  prevData: Cid | null
  ops: TreeOp[]
  /** In the order of `ops`, less those that compaction has dropped. Views on the frame. */
  records: RecordBlock[]
}

/** What an import event tells besides its head. */
export interface LoggedImport {
  partOf: string
  records: number
}

/** A piece of an import: what is under the paths after `after`, up to and including `to`. Null: the first, or the last, path. */
export interface ImportPiece {
  partOf: string
  n: number
  after: string | null
  to: string | null
}

/**
 * Folds all events of one repository, oldest first. `onEvent` is told the number of events folded so far.
 * Null for a DID without a repository. @throws BrokenLog naming the event that does not fit
 */
export async function foldLog(
  events: AsyncIterable<LogRow>,
  parts: PartsReader,
  onEvent: (events: number) => void = () => undefined,
): Promise<FoldedRepo | null> {
  const fold = new RepoFold(parts)
  let count = 0
  for await (const row of events) {
    try {
      await fold.apply(row)
    } catch (error) {
      throw new BrokenLog(`event ${row.seq} (${row.kind}): ${(error as Error).message}`)
    }
    onEvent(++count)
  }
  return fold.finish()
}

class RepoFold {
  private state: { seq: number; head: Cid; rev: string; data: Cid } | null = null
  private readonly entries = new Map<string, Cid>()

  constructor(private readonly parts: PartsReader) {}

  async apply(row: LogRow): Promise<void> {
    if (row.kind === 'commit') this.commit(row)
    else if (row.kind === 'import') await this.import(row)
    else if (row.kind === 'sync') this.sync(row)
  }

  /** Only a tree built anew says whether the entries are the ones that the head was signed over. */
  finish(): FoldedRepo | null {
    const { state, entries } = this
    if (!state) return null
    const builder = new TreeBuilder(() => undefined)
    for (const path of [...entries.keys()].sort()) builder.add(path, entries.get(path)!)
    const { root } = builder.finish()
    if (!root.equals(state.data))
      throw new BrokenLog(
        `the records make a tree ${root.toString()}, but the head is signed over ${state.data.toString()}`,
      )
    return { ...state, entries }
  }

  private commit(row: LogRow): void {
    const { state, entries } = this
    const { commit, since, prevData, ops } = readCommitEvent(row)
    check(since === (state?.rev ?? null), `it follows rev ${since}, but the one before is ${state?.rev ?? 'none'}`)
    check(state ? state.data.equals(prevData) : prevData === null, 'it does not follow the tree before it')
    for (const { action, path, cid, prev } of ops) {
      const held = entries.get(path) ?? null
      check(held ? held.equals(prev) : prev === null, `the ${action} of ${path} does not find what it replaces`)
      if (cid) entries.set(path, ownCopy(cid))
      else entries.delete(path)
    }
    this.moveTo(row, commit)
  }

  private async import(row: LogRow): Promise<void> {
    const commit = readHeadEvent(row)
    const { partOf, records } = readImportEvent(row)
    this.entries.clear()
    for await (const part of this.parts(partOf))
      for (const { path, cid } of readImportPart(part)) this.entries.set(path, cid)
    check(this.entries.size === records, `${this.entries.size} records are kept of the ${records} that were imported`)
    this.moveTo(row, commit)
  }

  /** The same tree under a head that may be another. */
  private sync(row: LogRow): void {
    const commit = readHeadEvent(row)
    check(this.state?.data.equals(commit.data) ?? false, 'it states a tree that the events before it do not make')
    this.moveTo(row, commit)
  }

  private moveTo({ seq, rev, cid }: LogRow, { data }: DecodedCommit): void {
    check(rev !== null, 'it has no rev')
    this.state = { seq, head: Cid.fromBytes(cid!), rev: rev!, data: ownCopy(data) }
  }
}

/** Opens a commit event. @throws Error when frame, commit block and row do not tell the same. */
export function readCommitEvent(row: LogRow): LoggedCommit {
  const {
    commit: head,
    since,
    prevData,
    ops,
    blocks,
  } = bodyOf(row, '#commit') as {
    commit?: Cid
    since?: string | null
    prevData?: Cid
    ops?: { action: TreeOp['action']; path: string; cid: Cid | null; prev?: Cid }[]
    blocks?: Uint8Array
  }
  check(head instanceof Cid && blocks !== undefined && Array.isArray(ops), 'the frame is not complete')
  const found = new Map(decodeCar(blocks!).blocks.map(({ cid, bytes }) => [cid.toString(), bytes]))
  const commit = readHead(row, found.get(head!.toString()))
  const records: RecordBlock[] = []
  for (const { path, cid } of ops!) {
    if (!cid) continue
    const bytes = found.get(cid.toString())
    // One that was superseded before the log was compacted is not kept.
    check(bytes !== undefined || row.frame === null, `the record of ${path} is not in it`)
    if (bytes) records.push({ path, cid, bytes })
  }
  return {
    commit,
    since: since ?? null,
    prevData: prevData ?? null,
    ops: ops!.map(({ action, path, cid, prev }) => ({ action, path, cid, prev: prev ?? null })),
    records,
  }
}

/**
 * The operations of a commit event of this log, and the rev that it follows on: all that the tree after it needs. Nothing is
 * hashed, and no block is looked at. @throws Error when the frame is malformed
 */
export function readCommitOps(row: LogRow): Pick<LoggedCommit, 'ops' | 'since'> {
  const { ops, since } = bodyOf(row, '#commit') as unknown as {
    ops: (Omit<TreeOp, 'prev'> & { prev?: Cid })[]
    since: string | null
  }
  return { since, ops: ops.map(({ action, path, cid, prev }) => ({ action, path, cid, prev: prev ?? null })) }
}

/**
 * What a commit event of this log changes, for those who take the log's word for it: nothing is hashed, and of the blocks
 * only the records are looked at. One that is no longer kept is left out. @throws Error when the frame is malformed
 */
export function readCommitChanges(row: LogRow): Pick<LoggedCommit, 'ops' | 'records'> {
  const { ops, blocks } = bodyOf(row, '#commit') as unknown as { ops: LoggedCommit['ops']; blocks: Uint8Array }
  const records: RecordBlock[] = []
  for (const block of carBlocks(blocks))
    for (const { path, cid } of ops) if (cid?.equals(block.cid)) records.push({ path, cid, bytes: block.bytes })
  return { ops, records }
}

/** The CAR of a commit event, as it was sent or had. @throws Error when the frame is malformed */
export function readCommitBlocks(row: LogRow): Uint8Array {
  const { blocks } = bodyOf(row, '#commit')
  check(blocks instanceof Uint8Array, 'the frame is not complete')
  return blocks as Uint8Array
}

/** What an identity event says: the handle, or null. @throws Error when the frame is malformed */
export function readIdentityEvent(row: LogRow): { handle: string | null } {
  const { handle } = bodyOf(row, '#identity')
  return { handle: typeof handle === 'string' ? handle : null }
}

/** What an account event says: why it is not active, or null. @throws Error when the frame is malformed */
export function readAccountEvent(row: LogRow): { status: string | null } {
  const { active, status } = bodyOf(row, '#account')
  if (active === true) return { status: null }
  return { status: typeof status === 'string' ? status : 'deactivated' }
}

/** Opens a sync or import event: the commit that is the head after it. @throws Error as {@link readCommitEvent}. */
export function readHeadEvent(row: LogRow): DecodedCommit {
  const { blocks } = bodyOf(row, '#sync') as { blocks?: Uint8Array }
  check(blocks !== undefined, 'the frame is not complete')
  return readHead(row, decodeCar(blocks!).blocks[0]?.bytes)
}

/** What `event` of an import says (repo-events.ts). @throws Error when it is malformed. */
export function readImportEvent({ event }: LogRow): LoggedImport {
  const { partOf, records } = (event && (decodeCbor(event) as DataMap)) ?? {}
  if (typeof partOf !== 'string' || typeof records !== 'number') throw new Error('it does not name its parts')
  return { partOf, records }
}

/** What `event` of a piece of an import says (repo-events.ts). @throws Error when it is malformed. */
export function readPieceEvent({ event }: LogRow): ImportPiece {
  const { partOf, n, after, to } = (event && (decodeCbor(event) as DataMap)) ?? {}
  if (typeof partOf !== 'string' || typeof n !== 'number' || after === undefined || to === undefined)
    throw new Error('it does not name its piece')
  return { partOf, n, after: after as string | null, to: to as string | null }
}

/** A record of an import; its bytes are null when it was superseded before the log was compacted. */
export interface PartRecord extends Omit<RecordBlock, 'bytes'> {
  bytes: Uint8Array | null
}

/**
 * The records of one piece of an import: DAG-CBOR [[path, record bytes], …], with [path, null, CID] for one that is not
 * kept. @throws RepoError InvalidCbor
 */
export function* readImportPart(part: Uint8Array): Generator<PartRecord> {
  const reader = new CborReader(part)
  for (let left = reader.array(); left > 0; left--) {
    const dropped = reader.array() === 3
    const path = reader.text()
    if (dropped && reader.isNull()) yield { path, cid: reader.cid(), bytes: null }
    else {
      const bytes = reader.bytes()
      yield { path, cid: Cid.ofCbor(bytes), bytes }
    }
  }
  reader.end()
}

/** Those records of a piece of an import that are kept. @throws as {@link readImportPart} */
export function keptRecords(part: Uint8Array): RecordBlock[] {
  return [...readImportPart(part)].filter((record): record is RecordBlock => record.bytes !== null)
}

function bodyOf({ frame, event }: LogRow, type: string): DataMap {
  if (frame === null) {
    // A commit that has been compacted has as much of the body as a replay needs (compact-log.ts).
    if (event !== null && type === '#commit') return decodeCbor(event) as DataMap
    throw new Error('it has no frame')
  }
  const { value: header, end } = decodeCborPrefix(frame)
  check((header as DataMap | null)?.t === type, `the frame is not a ${type}`)
  return decodeCbor(frame.subarray(end)) as DataMap
}

/** The commit block of a row, checked against what the row says of it. */
function readHead({ did, rev, cid }: LogRow, block: Uint8Array | undefined): DecodedCommit {
  check(block !== undefined, 'the commit is not in it')
  check(cid !== null && Cid.ofCbor(block!).equals(Cid.fromBytes(cid)), 'it names another commit than it holds')
  const commit = decodeCommit(block!)
  check(commit.did === did, `it holds a commit of ${commit.did}`)
  // A commit of version 2 has no rev of its own; it got one when it came here.
  check(commit.rev === rev || commit.version === 2, `it is filed under rev ${rev}, but its commit has ${commit.rev}`)
  return commit
}

/** A CID that does not keep the frame in memory that it was read from. */
export function ownCopy(cid: Cid): Cid {
  return Cid.fromBytes(Uint8Array.prototype.slice.call(cid.bytes))
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message)
}
