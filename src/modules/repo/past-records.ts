import type { Cid } from '../../repo-engine/index.js'
import type { Reader } from '../database/database.js'
import { ownCopy } from './fold-log.js'
import { slices } from './in-slices.js'
import { type Change, type LogStep, logSteps } from './log-steps.js'

/** A version of a record, and where the log has it. */
export interface PastRecord {
  cid: Cid
  seq: number
  piece: number | null
  /** False: its bytes were dropped by compaction. */
  kept: boolean
}

/** What has to be done for the records to be again what they were. */
export interface WayBack {
  /** The last commit or import at that moment. */
  seq: number
  /** In the order in which the log has what is put. */
  puts: (PastRecord & { path: string; action: 'create' | 'update' })[]
  deletes: string[]
  /** Records that are what they were. */
  same: number
}

const PAGE = 500

/**
 * Compares the records of a repository, or one of them, with what they were at a moment (RFC 3339, as the log has it), events
 * of that very moment included. `reader` must be a snapshot; `tree` is that of the repository. Null: the log begins later.
 * @throws Error for an event that cannot be read
 */
export async function findWayBack(
  reader: Reader,
  { did, tree }: { did: string; tree: number },
  moment: { at: string; path?: string },
  onEvent?: (events: number) => void,
): Promise<WayBack | null> {
  const past = await recordsAt(reader, did, moment, onEvent)
  if (!past) return null
  const { seq, records } = past
  const way: WayBack = { seq, puts: [], deletes: [], same: 0 }
  const rest = slices()
  for await (const { path, cid } of standing(reader, tree, moment.path)) {
    const then = records.get(path)
    if (!then) way.deletes.push(path)
    else if (cid.equals(then.cid.bytes)) way.same++
    else way.puts.push({ ...then, path, action: 'update' })
    records.delete(path)
    await rest()
  }
  for (const [path, then] of records) way.puts.push({ ...then, path, action: 'create' })
  way.puts.sort((a, b) => a.seq - b.seq || (a.piece ?? 0) - (b.piece ?? 0) || (a.path < b.path ? -1 : 1))
  return way
}

/** The records as the events up to a moment make them. */
async function recordsAt(
  reader: Reader,
  did: string,
  { at, path }: { at: string; path?: string },
  onEvent?: (events: number) => void,
): Promise<{ seq: number; records: Map<string, PastRecord> } | null> {
  const began = await reader.get<{ seq: number }>(
    `SELECT seq FROM commit_log WHERE did = ? AND time <= ? AND kind IN ('commit', 'import') ORDER BY seq DESC LIMIT 1`,
    did,
    at,
  )
  if (!began) return null
  const records = new Map<string, PastRecord>()
  /** Paths of those that are not kept where they were written. */
  let dropped: Set<string> | null = null
  const rest = slices()
  for await (const step of logSteps(reader, did, { path, onEvent })) {
    await rest()
    if (step.event.seq <= began.seq) {
      if (step.begins) records.clear()
      for (const change of step.changes) take(records, step, change)
      continue
    }
    dropped ??= new Set([...records].filter(([, { kept }]) => !kept).map(([path]) => path))
    // The same version may have been put in place again later, by an event that was not compacted.
    for (const change of step.changes) if (dropped.has(change.path)) findAgain(records, dropped, step, change)
    if (dropped.size === 0) break
  }
  return { seq: began.seq, records }
}

function take(records: Map<string, PastRecord>, step: LogStep, { path, cid, bytes }: Change): void {
  if (cid) records.set(path, placed(step, ownCopy(cid), bytes !== null))
  else records.delete(path)
}

function findAgain(
  records: Map<string, PastRecord>,
  dropped: Set<string>,
  step: LogStep,
  { path, cid, bytes }: Change,
): void {
  const then = records.get(path)!
  if (!bytes || !cid?.equals(then.cid)) return
  records.set(path, placed(step, then.cid, true))
  dropped.delete(path)
}

function placed({ event: { seq }, piece }: LogStep, cid: Cid, kept: boolean): PastRecord {
  return { cid, seq, piece, kept }
}

/** Path and CID of the records of a tree, or of one, in their order. */
async function* standing(
  reader: Reader,
  tree: number,
  path: string | undefined,
): AsyncGenerator<{ path: string; cid: Buffer }> {
  for (let after = ''; ;) {
    const rows = await reader.all<{ path: string; cid: Buffer }>(
      `SELECT path, cid FROM record WHERE tree = ? AND ${path === undefined ? 'path > ?' : 'path = ?'} ORDER BY path LIMIT ${PAGE}`,
      tree,
      path ?? after,
    )
    yield* rows
    if (path !== undefined || rows.length < PAGE) return
    after = rows.at(-1)!.path
  }
}
