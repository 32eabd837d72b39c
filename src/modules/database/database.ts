/**
 * The one door to SQL. Everything outside this folder sees these three shapes and portable SQL with `?`
 * placeholders; which database stands behind them is known here and in `migrations/dialect.ts` only.
 *
 * Values come back as the engine's own types: INTEGER as number, TEXT as string, BLOB as Buffer.
 */

import type { Histogram } from '../config/histogram.js'
import type { PageFollower } from './page-follower.js'

/** What may be bound to a placeholder. Booleans are stored as 0 and 1. */
export type SqlValue = null | number | string | Uint8Array

/** The embedded database answers at once, a database server by promise; `await` serves both. */
export type Answer<T> = T | Promise<T>

export interface Reader {
  /** All rows. */
  all<Row>(sql: string, ...values: SqlValue[]): Answer<Row[]>
  /** The first row, or undefined. */
  get<Row>(sql: string, ...values: SqlValue[]): Answer<Row | undefined>
}

/**
 * An open write. Usable only while the function it was given to runs; any later use throws.
 * The first statement of a write must be a write, so that nothing it has read can be stale.
 */
export interface Tx extends Reader {
  /** Runs a statement and gives the number of rows it changed. */
  run(sql: string, ...values: SqlValue[]): Answer<number>
  /**
   * Runs `fn` right before COMMIT, once every write that shares the transaction has done its own, in the order of the
   * calls; dropped when this write fails. For what is cheaper done for many at once. An error in it is one of the commit.
   */
  beforeCommit(fn: (tx: Tx) => Promise<void>): void
  /** Runs `fn` after COMMIT, before the writer's promise resolves; dropped on ROLLBACK. A doorbell: it must not throw. */
  afterCommit(fn: () => void): void
}

/** How the writer does; counts are since the start. */
export interface WriterFigures {
  /** Writes that wait for their turn. */
  waiting: number
  /** How long the first of those that are not done has been waiting; 0 where all are. */
  waitingSeconds: number
  /** How long ago anything was committed. */
  idleSeconds: number
  /** The last transaction came to nothing, the writes of all in it: the disk is full, or broken. */
  isLost: boolean
  /** Writes that were undone because of themselves, and transactions that were lost as a whole. */
  failed: number
  lost: number
  /** How many writes shared each transaction. */
  sizes: Histogram
  /** From the call of {@link Database.write} to the end of its COMMIT, in seconds. */
  seconds: Histogram
}

/** How large the database is, and how it does. Sizes are in bytes. */
export interface DatabaseFigures {
  bytes: number
  /** Pages of it that nothing is in. */
  freeBytes: number
  /** The log that a COMMIT is written to, as large as it has ever been since the start, and what of it is yet to be copied. */
  walBytes: number
  walPendingBytes: number
  /** How often all of it had been copied, and it began anew. */
  walRestarts: number
  /** What the page caches of all connections may take. */
  cacheBytes: number
  /** Connections for long reads: how many are open, how many of those are in use, and who waits for one. */
  snapshots: { open: number; busy: number; waiting: number }
  /** Null where the database is open for reading alone. */
  writer: WriterFigures | null
}

export abstract class Database {
  /** The latest committed state; each statement sees its own moment and never an open write. */
  abstract readonly read: Reader

  /** Runs `fn` against one unchanging state, however long it takes. Bounded in number: waits for its turn. */
  abstract snapshot<T>(fn: (read: Reader) => Promise<T>): Promise<T>

  /**
   * SQL of an aggregate: the byte strings of a group in one, in the order in which the rows come, each with the text `before`
   * it. Many small values read so take a fraction of the time that they take one by one.
   */
  abstract joined(before: string, bytes: string): string

  /**
   * Runs `fn` as one atomic, durable write: the promise resolves after COMMIT has reached the disk, and rejects
   * with the error of `fn` (everything it wrote undone, other writers untouched) or of the commit itself.
   * `fn` must await nothing but its `tx`. @throws Error when called inside another write.
   */
  abstract write<T>(fn: (tx: Tx) => Promise<T>): Promise<T>

  /** Null where the database is open for reading alone. */
  abstract writerFigures(): WriterFigures | null

  /** Cheap: nothing is counted for it. */
  abstract figures(): Promise<DatabaseFigures>

  /** Makes a write that changes nothing for anybody, and reaches the disk like any other. @throws whatever keeps it from that */
  abstract tryWrite(): Promise<void>

  /** Begins to copy the database as it lies on the disk. `now` gives milliseconds since the epoch. */
  abstract followPages(now: () => number): PageFollower

  /** Has something done when the database closes: behind every write, while all can still be read. It must not throw. */
  abstract beforeClose(fn: () => Promise<void>): void

  /** Waits for the writes under way, then closes every connection. Again: nothing. */
  abstract close(): Promise<void>
}
