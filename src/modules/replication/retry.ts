/** Before another server is tried again: at first, and at most. */
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 5 * 60_000
/** Before it is tried again because somebody asks for that, who may ask and ask. */
const HURRIED_RETRY_MS = 3_000

/** How long to wait after so many failures in a row. */
export function retryMs(failures: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20), LAST_RETRY_MS)
}

/** The waits of several runs before they try again, by their ids. */
export class RetryWaits {
  private readonly hurries = new Map<number, AbortController>()

  /** Resolves when as long has passed as is due after so many failures, or is hurried, or `stop` aborts. */
  async wait(id: number, failures: number, stop: AbortSignal): Promise<void> {
    const hurry = new AbortController()
    this.hurries.set(id, hurry)
    const ms = retryMs(failures)
    const least = Math.min(ms, HURRIED_RETRY_MS)
    await sleep(least, stop)
    await sleep(ms - least, AbortSignal.any([stop, hurry.signal]))
    this.hurries.delete(id)
  }

  /** Ends a wait, but not sooner than is good for whoever is waited for. Nothing where there is none. */
  hurry(id: number): void {
    this.hurries.get(id)?.abort()
  }
}

async function sleep(ms: number, stop: AbortSignal): Promise<void> {
  if (ms <= 0 || stop.aborted) return
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      stop.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    stop.addEventListener('abort', end)
  })
}
