/**
 * A repository as its log alone tells it (getRepo(head) = fold(events of that DID)). Every event is checked against
 * what the ones before it have made: a log that does not fit together is broken own state, and throws.
 */
import {
  Cid,
  CborReader,
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
  /** In the order of `ops`. Views on the frame. */
  records: RecordBlock[]
}

/** What an import event tells besides its head. */
export interface LoggedImport {
  partOf: string
  records: number
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
    check(bytes !== undefined, `the record of ${path} is not in it`)
    records.push({ path, cid, bytes: bytes! })
  }
  return {
    commit,
    since: since ?? null,
    prevData: prevData ?? null,
    ops: ops!.map(({ action, path, cid, prev }) => ({ action, path, cid, prev: prev ?? null })),
    records,
  }
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

/** The records of one piece of an import: DAG-CBOR [[path, record bytes], …]. @throws RepoError InvalidCbor */
export function* readImportPart(part: Uint8Array): Generator<RecordBlock> {
  const reader = new CborReader(part)
  for (let left = reader.array(); left > 0; left--) {
    reader.array()
    const path = reader.text()
    const bytes = reader.bytes()
    yield { path, cid: Cid.ofCbor(bytes), bytes }
  }
  reader.end()
}

function bodyOf({ frame }: LogRow, type: string): DataMap {
  if (frame === null) throw new Error('it has no frame')
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
function ownCopy(cid: Cid): Cid {
  return Cid.fromBytes(Uint8Array.prototype.slice.call(cid.bytes))
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message)
}
