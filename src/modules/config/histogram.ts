/** How values are spread: how many there were, their sum, and how many of them are not above each bound. Only ever grows. */
export class Histogram {
  /** For each bound how many values are above the one before it and not above it; behind them those above all. */
  readonly counts: number[]
  count = 0
  sum = 0

  /** `bounds` rise. */
  constructor(readonly bounds: readonly number[]) {
    this.counts = new Array<number>(bounds.length + 1).fill(0)
  }

  add(value: number): void {
    this.count++
    this.sum += value
    let i = 0
    while (i < this.bounds.length && value > this.bounds[i]!) i++
    this.counts[i]!++
  }
}

/** Bounds for what takes from a millisecond to half a minute, in seconds. */
export const SECONDS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
