import { Injectable, Optional } from '@nestjs/common'
import type { Cid, RecordBlock, TreeOp } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database, type Reader, type Tx } from '../database/database.js'
import type { Frame } from './frame.js'
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
  /** 1 for a repository that was hosted here when it happened, 0 for one that lives elsewhere. */
  hosted: number
}

/** A row that has just been appended, with what it tells where its writer had that at hand. */
export interface AppendedRow extends LogRow {
  detail?: EventDetail
}

const READ_LIMIT = 500
/** Events that are looked at when the server starts. */
const CHECKED_AT_START = 1_000

/**
 * What happened here, in order. An event is in the log if and only if what it tells is in the same database, because
 * both are one transaction. Sequence numbers are dense, become visible in order, and are never used twice.
 */
@Injectable()
export class CommitLog {
  private readonly waiting = new Set<() => void>()
  private bellRung = false

  constructor(
    private readonly database: Database,
    private readonly floor: SeqFloor,
    private readonly clock: Clock,
    @Optional() private readonly inline?: InlineHandlers,
  ) {}

  /** Appends events inside the write that makes them true, and runs the inline projections over them. */
  async append(tx: Tx, events: readonly NewEvent[]): Promise<AppendedRow[]> {
    const last = await tx.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM commit_log')
    let seq = Math.max(last?.seq ?? 0, this.floor.value)
    const time = this.clock.iso()
    const rows: AppendedRow[] = []
    for (const { did, kind, rev, cid, event, frame, hosted = true, detail } of events) {
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
        hosted ? 1 : 0,
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
        hosted: hosted ? 1 : 0,
        detail,
      })
    }
    if (this.inline) await this.inline.handle(rows, tx)
    tx.afterCommit(() => this.committed(seq))
    return rows
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
    const { read } = this.database
    const ends = await read.get<{ first: number | null; last: number | null }>(
      'SELECT (SELECT min(seq) FROM commit_log) AS first, (SELECT max(seq) FROM commit_log) AS last',
    )
    let from = ends?.first ?? 0
    for (let to = (ends?.last ?? -1) + 1; from < to;) {
      const middle = Math.floor((from + to) / 2)
      const commit = await read.get<{ seq: number; compacted: number }>(
        `SELECT seq, frame IS NULL AS compacted FROM commit_log WHERE seq >= ? AND kind = 'commit' ORDER BY seq LIMIT 1`,
        middle,
      )
      if (commit?.compacted) from = commit.seq + 1
      else to = middle
    }
    return from
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

  private nextCommit(signal: AbortSignal): { rung: Promise<void>; cancel: () => void } {
    let wake!: () => void
    const rung = new Promise<void>((resolve) => (wake = resolve))
    const cancel = (): void => {
      this.waiting.delete(ring)
      signal.removeEventListener('abort', ring)
      wake()
    }
    const ring = cancel
    this.waiting.add(ring)
    signal.addEventListener('abort', ring)
    return { rung, cancel }
  }

  /** Called once a writer; the work is done once a group, before any of its writers is answered. */
  private committed(seq: number): void {
    this.floor.raise(seq)
    if (this.bellRung) return
    this.bellRung = true
    queueMicrotask(() => {
      this.bellRung = false
      this.floor.save()
      for (const ring of [...this.waiting]) ring()
    })
  }
}
