import { Injectable } from '@nestjs/common'
import { CommitLog, type LogRow } from '../../commit-log/commit-log.js'
import { Config } from '../../config/config.js'
import { Database } from '../../database/database.js'
import { readPieceEvent } from '../../repo/fold-log.js'
import { inSlices } from '../../repo/in-slices.js'
import { writeJson } from '../../xrpc/json.js'
import { EventBatch, type JsonEvent } from './event-batch.js'
import { EventTimes } from './event-times.js'
import { type Told, toldByPiece, toldByRow } from './told.js'

/** What is read of the log at a time: rows, and bytes, if it is more than one row. */
const PAGE_ROWS = 500
const PAGE_BYTES = 128 * 1024
/** What a piece of an import counts as: it is about as large at most, and stands elsewhere. */
const PIECE_BYTES = 512 * 1024
const SIZE_SQL = `CASE kind WHEN 'part' THEN ${PIECE_BYTES} ELSE coalesce(length(frame), 0) + coalesce(length(event), 0) END`
/** So many rows, of an event each or of more, fill a millisecond. */
const FULL_MILLISECOND = 1_000

/** Where playback begins: behind a position of the log, with what is not before a `time_us`. */
export interface Start {
  position: number
  from: number
}

/** Reads the log as Jetstream tells it. */
@Injectable()
export class EventReader {
  private readonly hostedOnly: boolean

  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    config: Config,
  ) {
    this.hostedOnly = config.firehoseScope === 'hosted'
  }

  /**
   * Where everything from a `time_us` on begins; null where there is nothing from its millisecond or later. A client that
   * comes back with the last `time_us` that it was sent is sent that event again, and all that it was not sent.
   */
  async startOf(timeUs: number): Promise<Start | null> {
    const time = new Date(Math.floor(timeUs / 1_000)).toISOString()
    const first = await this.log.firstAt(time)
    const [next] = await this.log.read(first - 1, 1)
    if (!next) return null
    const { rows, last } = (await this.database.read.get<{ rows: number; last: number | null }>(
      'SELECT count(*) AS rows, max(seq) AS last FROM commit_log WHERE seq >= ? AND seq < ? AND time = ?',
      first,
      first + FULL_MILLISECOND,
      time,
    ))!
    // Where something has been erased, what has stayed of its millisecond is earlier in it than when it was sent.
    const isWhole = last === null || last - first + 1 === rows
    return { position: first - 1, from: isWhole ? timeUs : 0 }
  }

  /** The events after `after` and up to `until`, not all of them if they are many. */
  async read(after: number, until: number): Promise<EventBatch> {
    const sizes = await this.database.read.all<{ seq: number; time: string; size: number }>(
      `SELECT seq, time, ${SIZE_SQL} AS size FROM commit_log WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ${PAGE_ROWS}`,
      after,
      until,
    )
    if (sizes.length === 0) return EventBatch.of(until, [])
    let bytes = 0
    const fit = sizes.findIndex(({ size }, i) => (bytes += size) > PAGE_BYTES && i > 0)
    const isCut = fit >= 0 || sizes.length === PAGE_ROWS
    const last = isCut ? sizes.at(fit < 0 ? -1 : fit - 1)!.seq : until

    const times = await this.timesAfter(after, sizes[0]!.time)
    const events: JsonEvent[] = []
    for (const row of await this.rows(after, last))
      for (const told of await this.places(row)) {
        const timeUs = times.next(row.time)
        if (!told) continue
        const { seq, did } = row
        const { collection, body } = told
        events.push({ seq, timeUs, did, collection, json: writeJson({ did, time_us: timeUs, ...body }) })
      }
    return EventBatch.of(last, events)
  }

  /** For what comes after a position: the first of it is of a time that some before it may be of too. */
  private async timesAfter(position: number, time: string): Promise<EventTimes> {
    const times = new EventTimes()
    const earlier = await this.database.read.get<{ seq: number; time: string }>(
      'SELECT seq, time FROM commit_log WHERE seq <= ? AND (time < ? OR seq <= ?) ORDER BY seq DESC LIMIT 1',
      position,
      time,
      position - FULL_MILLISECOND,
    )
    if (earlier?.time === time) times.pass(time, FULL_MILLISECOND)
    else
      for (const row of await this.rows(earlier?.seq ?? 0, position))
        times.pass(row.time, (await this.places(row)).length)
    return times
  }

  private async rows(after: number, until: number): Promise<LogRow[]> {
    return this.database.read.all<LogRow>(
      'SELECT * FROM commit_log WHERE seq > ? AND seq <= ? ORDER BY seq',
      after,
      until,
    )
  }

  /** As {@link toldByRow}. A row has one place at least, also one whose events do not go out. */
  private async places(row: LogRow): Promise<(Told | null)[]> {
    if (row.hosted < (this.hostedOnly ? 1 : 0)) return [null]
    const places = row.kind === 'part' ? await this.pieceOf(row) : toldByRow(row)
    return places.length > 0 ? places : [null]
  }

  private async pieceOf(row: LogRow): Promise<(Told | null)[]> {
    const { read } = this.database
    const { partOf, n } = readPieceEvent(row)
    const piece = await read.get<{ bytes: Buffer }>(
      'SELECT bytes FROM commit_log_part WHERE part_of = ? AND n = ?',
      partOf,
      n,
    )
    const head = await read.get<{ rev: string }>(
      "SELECT rev FROM commit_log WHERE did = ? AND kind = 'import' AND seq < ? ORDER BY seq DESC LIMIT 1",
      row.did,
      row.seq,
    )
    const places: (Told | null)[] = []
    // What is missing of it is being erased.
    if (piece && head) await inSlices(toldByPiece(head.rev, piece.bytes), (told) => void places.push(told))
    return places
  }
}
