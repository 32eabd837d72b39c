/**
 * Compaction: old events lose the bytes of records that have been superseded since, and keep all that says what happened.
 *
 * A compacted commit event has no frame any more, because a `#commit` without its blocks is none. Its `event` is DAG-CBOR,
 * the frame's body as far as a replay needs it: {ops, since, blocks, commit, prevData}, where `blocks` is a CAR of the
 * commit and of the records that are kept. In a piece of an import [path, null, CID] stands for a record that is not.
 *
 * It goes through the log from its beginning, so what is compacted comes before all that is whole (CommitLog.wholeFrom).
 * Every step can be done again: one that was interrupted needs no more than another run.
 */
import { type OnModuleDestroy, Optional } from '@nestjs/common'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Cid, type DataMap, encodeCar, encodeCbor, encodeCommit, type TreeOp } from '../../repo-engine/index.js'
import type { LogRow } from '../commit-log/commit-log.js'
import { InlineHandlers } from '../commit-log/inline-handlers.js'
import { Database, type SqlValue } from '../database/database.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { readCommitEvent, readImportEvent, readImportPart } from './fold-log.js'
import { encodeImportPart } from './import-staging.js'
import { collectionOf } from './repo-row.js'

/** Events read at a time; frames are up to 2 MB. */
const PAGE = 16
/** How long other work may have to wait. */
const SLICE_MS = 8

export interface CompactedLog {
  /** Events up to this one are compacted; those after it go out as they did. 0: there is none that old. */
  until: number
  /** Commit events, and pieces of imports, that are smaller now. */
  events: number
  parts: number
  /** Bytes that the database has free now. */
  freed: number
}

/** Drops superseded records from the events before a moment (RFC 3339, as the log has it). */
export class CompactLog extends Command<CompactedLog> {
  constructor(
    readonly before: string,
    /** Told sequence numbers gone through, and all there are to go through. */
    readonly onProgress: (done: number, total: number) => void = () => undefined,
  ) {
    super()
  }
}

/** A row of the log that can be smaller. */
interface Smaller {
  table: 'events' | 'parts'
  sql: string
  values: SqlValue[]
  freed: number
}

@CommandHandler(CompactLog)
export class CompactLogHandler implements ICommandHandler<CompactLog>, OnModuleDestroy {
  private stopped = false
  private running: Promise<unknown> | null = null

  constructor(
    private readonly database: Database,
    @Optional() private readonly inline?: InlineHandlers,
  ) {}

  /** Leaves the rest to another run. */
  async onModuleDestroy(): Promise<void> {
    this.stopped = true
    await this.running
  }

  /** @throws XrpcError 409 CompactionInProgress; 503 when the server stops meanwhile; Error for an event that cannot be read. */
  async execute(command: CompactLog): Promise<CompactedLog> {
    if (this.running) throw new XrpcError(409, 'CompactionInProgress', 'another compaction is under way')
    const run = this.compact(command)
    this.running = run.catch(() => undefined)
    try {
      return await run
    } finally {
      this.running = null
    }
  }

  private async compact({ before, onProgress }: CompactLog): Promise<CompactedLog> {
    const { read } = this.database
    const newest = await read.get<{ seq: number }>(
      'SELECT seq FROM commit_log WHERE time < ? ORDER BY seq DESC LIMIT 1',
      before,
    )
    const oldest = await read.get<{ seq: number }>('SELECT seq FROM commit_log ORDER BY seq LIMIT 1')
    const compacted: CompactedLog = { until: newest?.seq ?? 0, events: 0, parts: 0, freed: 0 }
    if (!newest || !oldest) return compacted
    const total = newest.seq - oldest.seq + 1
    for (let after = 0; ;) {
      const rows = await read.all<LogRow>(
        `SELECT * FROM commit_log WHERE seq > ? AND seq <= ? AND kind IN ('commit', 'import') ORDER BY seq LIMIT ${PAGE}`,
        after,
        newest.seq,
      )
      if (rows.length === 0) break
      await this.inSlices(this.smaller(rows), compacted)
      after = rows.at(-1)!.seq
      onProgress(after - oldest.seq + 1, total)
    }
    onProgress(total, total)
    return compacted
  }

  /** Writes what is found, as much at a time as is found within one slice. */
  private async inSlices(found: AsyncGenerator<Smaller | null>, compacted: CompactedLog): Promise<void> {
    let batch: Smaller[] = []
    const flush = async (): Promise<void> => {
      const writes = batch
      batch = []
      if (this.stopped) throw new XrpcError(503, 'NotEnoughResources', 'the server stops')
      if (writes.length === 0) return void (await new Promise(setImmediate))
      await this.database.write(async (tx) => {
        // Nothing to change where the event has been erased meanwhile.
        for (const { sql, values } of writes) await tx.run(sql, ...values)
      })
      for (const { table, freed } of writes) {
        compacted[table]++
        compacted.freed += freed
      }
    }
    let until = performance.now() + SLICE_MS
    for await (const smaller of found) {
      if (smaller) batch.push(smaller)
      if (performance.now() < until) continue
      await flush()
      until = performance.now() + SLICE_MS
    }
    await flush()
  }

  /** What can be smaller among these events; null where there is nothing to gain. */
  private async *smaller(rows: readonly LogRow[]): AsyncGenerator<Smaller | null> {
    for (const row of rows) {
      if (row.kind === 'commit') yield await this.smallerEvent(row)
      else yield* this.smallerParts(row)
    }
  }

  private async smallerEvent(row: LogRow): Promise<Smaller | null> {
    const { commit, since, prevData, ops, records } = readCommitEvent(row)
    const kept: typeof records = []
    for (const record of records) if (await this.keeps(row.did, record.path, record.cid)) kept.push(record)
    if (row.frame === null && kept.length === records.length) return null
    const head = Cid.fromBytes(row.cid!)
    const blocks = new Map(
      [{ cid: head, bytes: encodeCommit(commit) }, ...kept].map((block) => [String(block.cid), block]),
    )
    const event = encodeCbor({
      ops: ops.map(opData),
      since,
      blocks: encodeCar(head, blocks.values()),
      commit: head,
      ...(prevData && { prevData }),
    })
    const freed = (row.frame?.length ?? 0) + (row.event?.length ?? 0) - event.length
    // One record under two paths, of which one has been superseded, is there as long as the other is.
    if (row.frame === null && freed === 0) return null
    const sql = 'UPDATE commit_log SET frame = NULL, event = ? WHERE seq = ?'
    return { table: 'events', sql, values: [event, row.seq], freed }
  }

  private async *smallerParts(row: LogRow): AsyncGenerator<Smaller | null> {
    const { partOf } = readImportEvent(row)
    for (let n = -1; ;) {
      const part = await this.database.read.get<{ n: number; bytes: Buffer }>(
        'SELECT n, bytes FROM commit_log_part WHERE part_of = ? AND n > ? ORDER BY n LIMIT 1',
        partOf,
        n,
      )
      if (!part) return
      n = part.n
      let dropped = 0
      const records = [...readImportPart(part.bytes)]
      for (const record of records) {
        if (record.bytes === null || (await this.keeps(row.did, record.path, record.cid))) continue
        record.bytes = null
        dropped++
      }
      if (dropped === 0) yield null
      else {
        const bytes = encodeImportPart(records)
        const sql = 'UPDATE commit_log_part SET bytes = ? WHERE part_of = ? AND n = ?'
        yield { table: 'parts', sql, values: [bytes, partOf, n], freed: part.bytes.length - bytes.length }
      }
    }
  }

  /** Whether a version of a record is the one that stands under its path, or of a collection whose past is looked at. */
  private async keeps(did: string, path: string, cid: Cid): Promise<boolean> {
    if (this.inline?.keepsHistory(collectionOf(path))) return true
    const row = await this.database.read.get<{ cid: Buffer }>(
      'SELECT cid FROM record WHERE tree = (SELECT tree FROM repo WHERE did = ?) AND path = ?',
      did,
      path,
    )
    return row !== undefined && cid.equals(Cid.fromBytes(row.cid))
  }
}

/** As an operation stands in a frame. */
function opData({ action, path, cid, prev }: TreeOp): DataMap {
  return { action, path, cid, ...(prev && { prev }) }
}
