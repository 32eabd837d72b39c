/** Of the time that passes, no more than this part is spent on a figure. */
const SHARE = 1 / 1000
const MIN_AGE_MS = 1_000

/**
 * A figure that has to be counted. It is counted anew when somebody asks and the last one is old: a second, or a thousand
 * times as long as the counting took. Who asks meanwhile gets the last one, and only the very first waits.
 */
export class NowAndThen<T> {
  private last: { value: T; at: number; tookMs: number } | null = null
  private running: Promise<void> | null = null

  constructor(private readonly count: () => Promise<T>) {}

  /** @throws what the first counting throws; of those after it the last value stays */
  async get(): Promise<T> {
    const { last } = this
    if (last && performance.now() - last.at < Math.max(MIN_AGE_MS, last.tookMs / SHARE)) return last.value
    this.running ??= this.countNow().finally(() => (this.running = null))
    if (last) this.running.catch(() => {})
    else await this.running
    return this.last!.value
  }

  /** Resolves when nothing is being counted. */
  async idle(): Promise<void> {
    await this.running?.catch(() => {})
  }

  private async countNow(): Promise<void> {
    const start = performance.now()
    const value = await this.count()
    const at = performance.now()
    this.last = { value, at, tookMs: at - start }
  }
}
