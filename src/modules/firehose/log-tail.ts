/** A log whose events are numbered, and that tells after each COMMIT that there are new ones. */
export interface FollowedLog {
  lastSeq(): Promise<number>
  /** Gives what ends it. */
  onCommit(ring: () => void): () => void
}

/** What a stream makes of a run of the log's events. */
export interface Batch {
  /** The position behind it: everything up to here that goes out is in it, or before it. */
  readonly last: number
  readonly events: number
  /** Bytes that it takes in memory. */
  readonly size: number
}

/** Reads the events after a position and up to another, not all of them if they are many; `last` says how far it came. */
export type ReadBatch<B extends Batch> = (after: number, until: number) => Promise<B>

export interface WindowLimits {
  maxEvents: number
  maxBytes: number
}

/**
 * The newest events of the log from the moment on when it was made, oldest first, as many as the limits allow. What is new
 * is read once after each COMMIT. Between two batches nothing goes out, nor between the newest one and {@link last}.
 */
export class LogTail<B extends Batch> {
  /** How many follow it. */
  followers = 0
  private readonly batches: B[] = []
  private events = 0
  private size = 0
  /** The position after which everything is held, and the one that it reaches to; null before that is known. */
  private ends: { first: number; last: number } | null = null
  private rung = false
  private filling = false
  private failure: { error: unknown } | null = null
  private readonly quiet: () => void
  private readonly waiting = new Set<() => void>()

  constructor(
    private readonly log: FollowedLog,
    private readonly read: ReadBatch<B>,
    private readonly limits: WindowLimits,
  ) {
    this.quiet = log.onCommit(() => this.ring())
    this.ring()
  }

  /** The position that is reached; null before that is known. */
  get last(): number | null {
    return this.ends?.last ?? null
  }

  /** The log could not be read. Nothing more comes. */
  get failed(): boolean {
    return this.failure !== null
  }

  /** Whether everything after a position is held that goes out up to {@link last}. */
  reaches(after: number): boolean {
    return this.ends !== null && after >= this.ends.first
  }

  /** The first batch that has something after a position it reaches back to; null where nothing more goes out. */
  next(after: number): B | null {
    const { batches } = this
    let from = 0
    for (let to = batches.length; from < to;) {
      const middle = (from + to) >> 1
      if (batches[middle]!.last > after) to = middle
      else from = middle + 1
    }
    return batches[from] ?? null
  }

  /** Resolves when {@link last} has moved, or `signal` aborts. @throws whatever kept the log from being read */
  async more(signal: AbortSignal): Promise<void> {
    if (!this.failure)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.waiting.add(wake)
        signal.addEventListener('abort', wake)
        if (signal.aborted) wake()
      })
    if (this.failure) throw this.failure.error
  }

  /** Nobody follows it any more: nothing is read for it. */
  close(): void {
    this.quiet()
  }

  /** The doorbell. One fill at a time; a bell in the middle of one makes it look again. */
  private ring(): void {
    this.rung = true
    if (!this.filling && !this.failure) void this.fill()
  }

  private async fill(): Promise<void> {
    this.filling = true
    try {
      while (this.rung) {
        this.rung = false
        const until = await this.log.lastSeq()
        if (!this.ends) {
          this.ends = { first: until, last: until }
          this.wake()
        }
        while (this.ends.last < until && this.followers > 0)
          this.push(await this.read(this.ends.last, until), this.ends)
      }
    } catch (error) {
      // It is everybody's who follows, and each of them tells: a doorbell has nobody to tell.
      this.failure = { error }
      this.wake()
    } finally {
      this.filling = false
    }
  }

  private push(batch: B, ends: { first: number; last: number }): void {
    ends.last = batch.last
    if (batch.events > 0) {
      this.batches.push(batch)
      this.events += batch.events
      this.size += batch.size
    }
    while (this.batches.length > 1 && (this.events > this.limits.maxEvents || this.size > this.limits.maxBytes)) {
      const oldest = this.batches.shift()!
      ends.first = oldest.last
      this.events -= oldest.events
      this.size -= oldest.size
    }
    this.wake()
  }

  private wake(): void {
    for (const wake of [...this.waiting]) wake()
  }
}
