/** Events in one millisecond that have a microsecond each. */
const MICROS = 1_000

/**
 * Gives events their `time_us`. The log knows milliseconds: within one, events are numbered in the order of the log, so
 * that the log alone says what the `time_us` of an event is, now and after any restart. It never decreases, and is unique
 * but where a millisecond has more than a thousand events: those that are too many have the last microsecond together, and
 * a cursor at it brings them all.
 */
export class EventTimes {
  private time = ''
  private millisecond = 0
  private before = 0

  /** The `time_us` of the next event; `time` is that of its row. */
  next(time: string): number {
    this.pass(time, 1)
    return this.millisecond * MICROS + Math.min(this.before, MICROS) - 1
  }

  /** Leaves out the next `count` events of a time. */
  pass(time: string, count: number): void {
    if (time !== this.time) {
      this.time = time
      this.millisecond = Date.parse(time)
      this.before = 0
    }
    this.before += count
  }
}
