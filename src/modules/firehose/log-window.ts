import { type Batch, type FollowedLog, LogTail, type ReadBatch, type WindowLimits } from './log-tail.js'

/** A follower who had all there was has fallen behind further than the window reaches. */
export class FellBehind extends Error {}

/** Batches of the window that a follower may take before others have their turn; one from the log takes longer. */
const TURN = 32

/**
 * The newest events of the log as one stream sends them: read once after each COMMIT, prepared once, and shared by
 * everybody who follows. It is the one buffer that there is. A follower holds a position and nothing else, so one who does
 * not read costs no memory; what is older than the window is read from the log again, which is how a follower begins.
 */
export class LogWindow<B extends Batch> {
  /** What all followers share; null while there are none. */
  private tail: LogTail<B> | null = null

  constructor(
    private readonly log: FollowedLog,
    private readonly read: ReadBatch<B>,
    private readonly limits: WindowLimits,
  ) {}

  /**
   * Every event after a position that is not in the future, in order, then those that are yet to come, for as long as the
   * caller iterates; ends when `signal` aborts. Backfill and live are the same walk: a position in the log, and what comes
   * next from the window or else from the log, so there is no seam at which an event could be lost or come twice.
   * @throws FellBehind; whatever keeps the log from being read
   */
  async *follow(after: number, signal: AbortSignal): AsyncGenerator<B> {
    const tail = this.enter()
    try {
      let isLive = false
      let taken = 0
      while (!signal.aborted) {
        const { last } = tail
        if (last === null || after >= last) {
          isLive ||= last !== null
          taken = 0
          await tail.more(signal)
          continue
        }
        const isHeld = tail.reaches(after)
        if (!isHeld && isLive) throw new FellBehind()
        const batch = isHeld ? tail.next(after) : await this.read(after, last)
        if (batch) yield batch
        after = batch?.last ?? last
        taken += isHeld ? 1 : TURN
        if (taken < TURN) continue
        taken = 0
        await new Promise(setImmediate)
      }
    } finally {
      this.leave(tail)
    }
  }

  private enter(): LogTail<B> {
    if (!this.tail || this.tail.failed) this.tail = new LogTail(this.log, this.read, this.limits)
    this.tail.followers++
    return this.tail
  }

  /** What was held is forgotten with the last follower. */
  private leave(tail: LogTail<B>): void {
    if (--tail.followers > 0) return
    tail.close()
    if (this.tail === tail) this.tail = null
  }
}
