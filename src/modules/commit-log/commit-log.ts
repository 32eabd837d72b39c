import { Injectable, Optional } from '@nestjs/common'
import type { Cid, RecordBlock, TreeOp } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database, type Reader, type Tx } from '../database/database.js'
import type { Frame } from './frame.js'
import { type FrameRun, readFrameRun } from './frame-run.js'
import { InlineHandlers } from './inline-handlers.js'
import { SeqFloor } from './seq-floor.js'

/**
 * `commit` a signed commit with its records · `import` a whole repository put in place (records in parts) ·
 * `part` one piece of an import, to be taken into the projections · `sync` the head stated anew, or another one over the
 * same tree · `identity` handle or DID document · `account` hosting status.
 */
export type EventKind = 'commit' | 'import' | 'part' | 'sync' | 'identity' | 'account'

/** Something that happened to a repository, about to be appended. */
export interface NewEvent {
  did: string
  kind: EventKind
  rev: string | null
  /** The commit that is the head once the event has happened; null when the event moves no head. */
  cid: Cid | null
  /** What a replay needs beyond the frame: DAG-CBOR, or null. */
  event: Uint8Array | null
  /** Null for what concerns this server alone and never goes out. */
  frame: Frame | null
  /** False for a repository that lives elsewhere and is kept here; true unless told. */
  hosted?: boolean
  /** True for an account hosted here that is not active: whatever is done with its repository is nobody's to know yet. */
  silent?: boolean
  /** What `frame` says, for those who run inside the append and need not read it back. */
  detail?: EventDetail
}

/** What an event tells, opened. */
export interface EventDetail {
  /** Of `commit`. */
  ops?: readonly TreeOp[]
  /** Of `commit` and `part`: the records that are put in place; of a commit in the order of `ops`. */
  records?: readonly RecordBlock[]
  /** Of `identity`. */
  handle?: string | null
  /** Of `account`; null: active. */
  status?: string | null
}

/** A row of the log. */
export interface LogRow {
  seq: number
  did: string
  kind: EventKind
  /** When it was appended, RFC 3339. */
  time: string
  rev: string | null
  /** Bytes of the commit's CID. */
  cid: Buffer | null
  event: Buffer | null
  /** The firehose frame, byte for byte as it goes out; null for what never does. */
  frame: Buffer | null
  /** 1 for a repository that was hosted here when it happened, 0 for one that lives elsewhere, -1 for what nobody is told. */
  hosted: number
}

/** A row that has just been appended, with what it tells where its writer had that at hand. */
export interface AppendedRow extends LogRow {
  detail?: EventDetail
}

/** A doorbell; `hosted`: some of what is new is of an account that is hosted here. It must not throw. */
export type Bell = (hosted: boolean) => void

const READ_LIMIT = 500
/** Events that are looked at when the server starts. */
const CHECKED_AT_START = 1_000

/**
 * What happened here, in order. An event is in the log if and only if what it tells is in the same database, because
 * both are one transaction. Sequence numbers are dense, become visible in order, and are never used twice; times never go
 * back.
 */
@Injectable()
export class CommitLog {
  /** How many events of each kind have been appended since the start. */
  readonly appended = new Map<EventKind, number>()
  private readonly bells = new Set<Bell>()
  private bellRung = false
  private hostedNews = false

  constructor(
    private readonly database: Database,
    private readonly floor: SeqFloor,
    private readonly clock: Clock,
    @Optional() private readonly inline?: InlineHandlers,
  ) {}

  /** Appends events inside the write that makes them true, and runs the inline projections over them. */
  async append(tx: Tx, events: readonly NewEvent[]): Promise<AppendedRow[]> {
    const last = await tx.get<{ seq: number; time: string }>(
      'SELECT seq, time FROM commit_log ORDER BY seq DESC LIMIT 1',
    )
    let seq = Math.max(last?.seq ?? 0, this.floor.value)
    // Where the clock has gone back, the log waits for it: what is found by a moment has everything later behind it.
    const now = this.clock.iso()
    const time = last && last.time > now ? last.time : now
    const rows: AppendedRow[] = []
    for (const { did, kind, rev, cid, event, frame, detail, ...audience } of events) {
      const hosted = hostedOf(audience)
      seq++
      const bytes = frame?.(seq, time) ?? null
      await tx.run(
        'INSERT INTO commit_log (seq, did, kind, time, rev, cid, event, frame, hosted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        seq,
        did,
        kind,
        time,
        rev,
        cid?.bytes ?? null,
        event,
        bytes,
        hosted,
      )
      rows.push({
        seq,
        did,
        kind,
        time,
        rev,
        cid: cid && (cid.bytes as Buffer),
        event: event as Buffer | null,
        frame: bytes,
        hosted,
        detail,
      })
    }
    if (this.inline) await this.inline.handle(rows, tx)
    const hosted = rows.some((row) => row.hosted === 1)
    tx.afterCommit(() => {
      for (const { kind } of rows) this.appended.set(kind, (this.appended.get(kind) ?? 0) + 1)
      this.committed(seq, hosted)
    })
    return rows
  }

  /** From now on every number is above this one: another server, whose place this one takes, has given it out. */
  startAbove(seq: number): void {
    this.floor.raise(seq)
    this.floor.save()
  }

  /** Up to `limit` events after `seq`, oldest first. */
  read(after: number, limit = READ_LIMIT, reader: Reader = this.database.read): LogRow[] | Promise<LogRow[]> {
    return reader.all<LogRow>('SELECT * FROM commit_log WHERE seq > ? ORDER BY seq LIMIT ?', after, limit)
  }

  /** Up to `limit` events of one repository after `seq`, oldest first. */
  readRepo(
    did: string,
    after = 0,
    limit = READ_LIMIT,
    reader: Reader = this.database.read,
  ): LogRow[] | Promise<LogRow[]> {
    return reader.all<LogRow>(
      'SELECT * FROM commit_log WHERE did = ? AND seq > ? ORDER BY seq LIMIT ?',
      did,
      after,
      limit,
    )
  }

  /**
   * What goes out of the events after `after` and up to `until`, oldest first: about `maxBytes` of it, one event at least.
   * `hostedOnly` leaves out repositories that live elsewhere.
   */
  async readFrames(after: number, until: number, hostedOnly: boolean, maxBytes: number): Promise<FrameRun> {
    return readFrameRun(this.database, { after, until, hostedOnly, maxBytes })
  }

  /** The newest sequence number that has ever been given out. */
  async lastSeq(): Promise<number> {
    const row = await this.database.read.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM commit_log')
    return Math.max(row?.seq ?? 0, this.floor.value)
  }

  /**
   * The number from which on every event goes out as it did when it was new. Compaction goes from the oldest event on,
   * so what it has been at comes before all that it has not, and a search by halves finds where.
   */
  async wholeFrom(): Promise<number> {
    return this.halve(async (seq) => {
      const commit = await this.database.read.get<{ seq: number; compacted: number }>(
        `SELECT seq, frame IS NULL AS compacted FROM commit_log WHERE seq >= ? AND kind = 'commit' ORDER BY seq LIMIT 1`,
        seq,
      )
      return commit?.compacted ? commit.seq : null
    })
  }

  /** The number from which on every event is of a moment (RFC 3339, UTC, milliseconds) or later. */
  async firstAt(time: string): Promise<number> {
    return this.halve(async (seq) => {
      const event = await this.database.read.get<{ seq: number; time: string }>(
        'SELECT seq, time FROM commit_log WHERE seq >= ? ORDER BY seq LIMIT 1',
        seq,
      )
      return event && event.time < time ? event.seq : null
    })
  }

  /** The cursor after which nothing is missing of what is `since` a moment, or of all; 0 where nothing ever is. */
  async completeAfter(since: string | null): Promise<number> {
    const { first } = await this.ends()
    const from = Math.max(await this.wholeFrom(), since === null ? 0 : await this.firstAt(since))
    return from > first ? from - 1 : 0
  }

  /**
   * The number after the last event of which something holds that holds of all events before it. `holds` is asked about the
   * first event from a number on that can tell, and gives that event's number, or null.
   */
  private async halve(holds: (seq: number) => Promise<number | null>): Promise<number> {
    const { first, last } = await this.ends()
    let from = first
    for (let to = last + 1; from < to;) {
      const middle = Math.floor((from + to) / 2)
      const held = await holds(middle)
      if (held === null) to = middle
      else from = held + 1
    }
    return from
  }

  private async ends(): Promise<{ first: number; last: number }> {
    const ends = await this.database.read.get<{ first: number | null; last: number | null }>(
      'SELECT (SELECT min(seq) FROM commit_log) AS first, (SELECT max(seq) FROM commit_log) AS last',
    )
    return { first: ends?.first ?? 0, last: ends?.last ?? -1 }
  }

  /**
   * A cheap look at start whether the newest events are what the repositories stand on.
   * @throws Error naming the repository whose head is not its last event's: broken own state
   */
  async assertHeads(): Promise<void> {
    const odd = await this.database.read.get<{ did: string; seq: number }>(
      `SELECT moved.did, moved.seq FROM
         (SELECT did, max(seq) AS seq FROM (SELECT did, seq FROM commit_log WHERE cid IS NOT NULL ORDER BY seq DESC LIMIT ${CHECKED_AT_START})
          AS newest GROUP BY did) AS moved
       JOIN commit_log ON commit_log.seq = moved.seq LEFT JOIN repo ON repo.did = moved.did
       WHERE repo.head IS NULL OR repo.head <> commit_log.cid LIMIT 1`,
    )
    const empty = await this.database.read.get(
      'SELECT did FROM repo WHERE NOT EXISTS (SELECT seq FROM commit_log) LIMIT 1',
    )
    if (empty) throw new Error('there are repositories, but the log is empty: restore a backup')
    if (odd)
      throw new Error(
        `the head of ${odd.did} is not the commit of its last event ${odd.seq}: restore a backup, or run verify`,
      )
  }

  /**
   * Follows the log: every event after `seq`, in order, batch by batch, for as long as the caller iterates. Waits on
   * COMMIT, never polls. Ends when `signal` aborts.
   */
  async *tail(after: number, signal: AbortSignal): AsyncGenerator<LogRow[]> {
    while (!signal.aborted) {
      // Registered before the read, so that a commit between an empty read and the wait is not missed.
      const bell = this.nextCommit(signal)
      const rows = await this.read(after)
      if (rows.length > 0) {
        bell.cancel()
        after = rows.at(-1)!.seq
        yield rows
      } else await bell.rung
    }
  }

  /** Calls `ring` after every COMMIT that has appended something, until the function that it gives is called. */
  onCommit(ring: Bell): () => void {
    this.bells.add(ring)
    return () => this.bells.delete(ring)
  }

  private nextCommit(signal: AbortSignal): { rung: Promise<void>; cancel: () => void } {
    let wake!: () => void
    const rung = new Promise<void>((resolve) => (wake = resolve))
    const cancel = (): void => {
      quiet()
      signal.removeEventListener('abort', cancel)
      wake()
    }
    const quiet = this.onCommit(cancel)
    signal.addEventListener('abort', cancel)
    return { rung, cancel }
  }

  /** Called once a writer; the work is done once a group, before any of its writers is answered. */
  private committed(seq: number, hosted: boolean): void {
    this.floor.raise(seq)
    this.hostedNews ||= hosted
    if (this.bellRung) return
    this.bellRung = true
    queueMicrotask(() => {
      const hosted = this.hostedNews
      this.bellRung = this.hostedNews = false
      this.floor.save()
      for (const ring of [...this.bells]) ring(hosted)
    })
  }
}

function hostedOf({ hosted = true, silent = false }: Pick<NewEvent, 'hosted' | 'silent'>): LogRow['hosted'] {
  return silent ? -1 : hosted ? 1 : 0
}
