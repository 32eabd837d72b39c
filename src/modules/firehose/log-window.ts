import type { CommitLog } from '../commit-log/commit-log.js'

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

/** A follower who had all there was has fallen behind further than the window reaches. */
export class FellBehind extends Error {}

/**
 * The newest events of the log as one stream sends them: read once after each COMMIT, prepared once, and shared by
 * everybody who follows. It is the one buffer that there is. A follower holds a position and nothing else, so one who does
 * not read costs no memory; what is older than the window is read from the log again, which is how a follower begins.
 */
export class LogWindow<B extends Batch> {
  /** Oldest first. Between two of them nothing goes out. */
  private readonly batches: B[] = []
  /** The position after which they have everything. */
  private first = 0
  private events = 0
  private size = 0
  /** The position that the window reaches to; null while nobody follows. */
  private last: number | null = null
  private followers = 0
  private filling: Promise<void> | null = null
  private rungAgain = false
  private quiet: () => void = () => undefined
  private readonly waiting = new Set<() => void>()

  constructor(
    private readonly log: CommitLog,
    private readonly read: ReadBatch<B>,
    private readonly limits: WindowLimits,
  ) {}

  /**
   * Every event after a position that is not in the future, in order, then those that are yet to come, for as long as the
   * caller iterates; ends when `signal` aborts. Backfill and live are the same walk: a position in the log, and what comes
   * next from the window or else from the log, so there is no seam at which an event could be lost or come twice.
   * @throws FellBehind
   */
  async *follow(after: number, signal: AbortSignal): AsyncGenerator<B> {
    await this.enter()
    try {
      let isLive = false
      while (!signal.aborted) {
        if (after >= this.last!) {
          isLive = true
          await this.more(signal)
          continue
        }
        const held = this.find(after)
        if (!held && isLive) throw new FellBehind()
        const batch = held ?? (await this.read(after, this.last!))
        yield batch
        after = batch.last
        // Whoever reads fast would have the loop to himself.
        if (!held) await new Promise(setImmediate)
      }
    } finally {
      this.leave()
    }
  }

  private async enter(): Promise<void> {
    this.followers++
    if (this.followers === 1) this.quiet = this.log.onCommit(() => this.ring())
    if (this.last !== null) return
    const last = await this.log.lastSeq()
    this.last ??= this.first = last
  }

  private leave(): void {
    if (--this.followers > 0) return
    this.quiet()
    this.batches.length = 0
    this.events = 0
    this.size = 0
    this.last = null
  }

  /** The doorbell. One fill at a time; a bell in the middle of one makes it look again. */
  private ring(): void {
    this.rungAgain = true
    this.filling ??= this.fill().finally(() => (this.filling = null))
  }

  private async fill(): Promise<void> {
    while (this.rungAgain && this.last !== null) {
      this.rungAgain = false
      const until = await this.log.lastSeq()
      while (this.last !== null && this.last < until) this.push(await this.read(this.last, until))
    }
  }

  private push(batch: B): void {
    // Everybody has left while it was read.
    if (this.last === null) return
    this.last = batch.last
    if (batch.events > 0) {
      this.batches.push(batch)
      this.events += batch.events
      this.size += batch.size
    }
    while (this.batches.length > 1 && (this.events > this.limits.maxEvents || this.size > this.limits.maxBytes)) {
      const oldest = this.batches.shift()!
      this.first = oldest.last
      this.events -= oldest.events
      this.size -= oldest.size
    }
    const waiting = [...this.waiting]
    this.waiting.clear()
    for (const wake of waiting) wake()
  }

  /** The batch that a follower at a position needs next, if the window still has it. */
  private find(after: number): B | null {
    if (after < this.first) return null
    const { batches } = this
    // Nearly everybody is at the end.
    let i = batches.length
    while (i > 0 && batches[i - 1]!.last > after) i--
    return batches[i] ?? null
  }

  private more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.waiting.add(wake)
      signal.addEventListener('abort', wake)
      if (signal.aborted) wake()
    })
  }
}
