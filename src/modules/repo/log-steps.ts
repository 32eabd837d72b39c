/** What the log says that has happened to the records of a repository, step by step, for those who look back. */
import type { Cid } from '../../repo-engine/index.js'
import type { LogRow } from '../commit-log/commit-log.js'
import type { Reader } from '../database/database.js'
import { readCommitChanges, readImportEvent, readImportPart } from './fold-log.js'

/** The event that a step is of. */
export type StepEvent = Pick<LogRow, 'seq' | 'time' | 'rev'> & { kind: 'commit' | 'import' }

/** What became of a record. */
export interface Change {
  path: string
  /** Null: it was deleted. */
  cid: Cid | null
  /** Null where there is no record, or where its bytes are no longer kept. A view on what was read. */
  bytes: Uint8Array | null
}

/** A commit, the beginning of an import, or a piece of one. */
export interface LogStep {
  event: StepEvent
  /** An import begins: what stood before is gone, unless a piece of it has it again. */
  begins: boolean
  /** Number of the piece; null for a commit, and for the beginning of an import. */
  piece: number | null
  changes: Change[]
}

/** Frames and pieces are up to 2 MB each. */
const PAGE = 20

/**
 * The steps of a repository, oldest first; `path`: only those that may be of this record. The log is taken at its word:
 * nothing is hashed. `onEvent` is told how many events have been gone through. @throws Error for an event that cannot be read
 */
export async function* logSteps(
  reader: Reader,
  did: string,
  { path, onEvent }: { path?: string; onEvent?: (events: number) => void } = {},
): AsyncGenerator<LogStep> {
  // Paths stand in frames and pieces as they are, so most of them need not be opened.
  const mark = path === undefined ? null : Buffer.from(path, 'latin1')
  let events = 0
  for (let after = 0; ;) {
    const rows = await reader.all<LogRow>(
      `SELECT * FROM commit_log WHERE did = ? AND seq > ? ORDER BY seq LIMIT ${PAGE}`,
      did,
      after,
    )
    for (const row of rows) {
      if (row.kind === 'commit') {
        if (!mark || (row.frame ?? row.event)!.includes(mark)) yield ofCommit(row, path)
      } else if (row.kind === 'import') {
        const event = eventOf(row, 'import')
        yield { event, begins: true, piece: null, changes: [] }
        for await (const { n, bytes } of pieces(reader, readImportEvent(row).partOf))
          if (!mark || bytes.includes(mark)) yield { event, begins: false, piece: n, changes: ofPiece(bytes, path) }
      }
      onEvent?.(++events)
    }
    if (rows.length < PAGE) return
    after = rows.at(-1)!.seq
  }
}

/**
 * The bytes of a record where a step had them: in the commit of that number, or in a piece of the import of that number.
 * Null when they are not there any more.
 */
export async function bytesAt(
  reader: Reader,
  seq: number,
  piece: number | null,
): Promise<(path: string, cid: Cid) => Uint8Array | null> {
  const row = await reader.get<LogRow>('SELECT * FROM commit_log WHERE seq = ?', seq)
  const found = new Map<string, Change>()
  if (row) for (const change of await changesAt(reader, row, piece)) found.set(change.path, change)
  return (path, cid) => {
    const change = found.get(path)
    return change?.cid?.equals(cid) ? change.bytes : null
  }
}

async function changesAt(reader: Reader, row: LogRow, piece: number | null): Promise<Change[]> {
  if (piece === null) return ofCommit(row).changes
  const part = await reader.get<{ bytes: Buffer }>(
    'SELECT bytes FROM commit_log_part WHERE part_of = ? AND n = ?',
    readImportEvent(row).partOf,
    piece,
  )
  return part ? ofPiece(part.bytes) : []
}

async function* pieces(reader: Reader, partOf: string): AsyncGenerator<{ n: number; bytes: Buffer }> {
  for (let n = -1; ;) {
    const piece = await reader.get<{ n: number; bytes: Buffer }>(
      'SELECT n, bytes FROM commit_log_part WHERE part_of = ? AND n > ? ORDER BY n LIMIT 1',
      partOf,
      n,
    )
    if (!piece) return
    yield piece
    n = piece.n
  }
}

function ofCommit(row: LogRow, only?: string): LogStep {
  const { ops, records } = readCommitChanges(row)
  const bytes = new Map(records.map((record) => [record.path, record.bytes]))
  const changes = ops
    .filter(({ path }) => only === undefined || path === only)
    .map(({ path, cid }): Change => ({ path, cid, bytes: bytes.get(path) ?? null }))
  return { event: eventOf(row, 'commit'), begins: false, piece: null, changes }
}

function ofPiece(piece: Uint8Array, only?: string): Change[] {
  const records: Change[] = []
  for (const record of readImportPart(piece)) if (only === undefined || record.path === only) records.push(record)
  return records
}

function eventOf({ seq, time, rev }: LogRow, kind: StepEvent['kind']): StepEvent {
  return { seq, time, rev, kind }
}
