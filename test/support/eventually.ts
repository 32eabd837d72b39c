import { setTimeout as sleep } from 'node:timers/promises'

/** Less than a test may take, so that it is this that tells what was waited for. */
const PATIENCE_MS = 100_000

/**
 * Looks until something is so that comes about by itself, however busy the machine is.
 *
 * @throws Error that names it when it never is
 */
export async function eventually(isSo: () => boolean | Promise<boolean>, what = 'what is waited for'): Promise<void> {
  for (const began = performance.now(); !(await isSo()); await sleep(20))
    if (performance.now() - began > PATIENCE_MS) throw new Error(`it never happened: ${what}`)
}
