import type { Time } from './test-network.js'

/** Time that can be stopped, set, and moved on. It says nothing of whom that concerns. */
export class HeldTime {
  /** How far it is ahead of the wall clock, in milliseconds. */
  private ahead = 0
  private stoppedAt: number | null = null

  /** `wall`: milliseconds since the epoch. */
  constructor(private readonly wall: () => number) {}

  now(): number {
    return this.stoppedAt ?? Math.floor(this.wall()) + this.ahead
  }

  /** @throws RangeError for what is no moment */
  set(time: Time): void {
    const to = momentOf(time)
    if (this.stoppedAt !== null) this.stoppedAt = to
    else this.ahead += to - this.now()
  }

  /** @throws RangeError for what is no number */
  advance(ms: number): void {
    this.set(this.now() + spanOf(ms))
  }

  freeze(): void {
    this.stoppedAt = this.now()
  }

  resume(): void {
    if (this.stoppedAt === null) return
    const from = this.stoppedAt
    this.stoppedAt = null
    this.set(from)
  }
}

/** Milliseconds since the epoch. @throws RangeError for what is no moment */
export function momentOf(time: Time): number {
  const moment = new Date(time).getTime()
  if (!Number.isFinite(moment)) throw new RangeError(`not a moment: ${String(time)}`)
  return moment
}

/** Milliseconds. @throws RangeError for what is no number */
export function spanOf(ms: number): number {
  if (!Number.isFinite(ms)) throw new RangeError(`not a number of milliseconds: ${String(ms)}`)
  return ms
}
