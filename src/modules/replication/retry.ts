/** Before another server is tried again: at first, and at most. */
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 5 * 60_000

/** How long to wait after so many failures in a row. */
export function retryMs(failures: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20), LAST_RETRY_MS)
}
