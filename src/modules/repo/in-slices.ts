/** How long one slice runs before other work gets its turn. */
const SLICE_MS = 8

/**
 * Runs a generator to its end and gives its result, without holding up the process: between slices everything else
 * gets its turn, and `each` may return a promise to wait for.
 */
export async function inSlices<Item, Result>(
  steps: Generator<Item, Result, void>,
  each: (item: Item) => Promise<void> | undefined = () => undefined,
): Promise<Result> {
  let until = performance.now() + SLICE_MS
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    const wait = each(step.value)
    if (wait) await wait
    if (performance.now() < until) continue
    await new Promise(setImmediate)
    until = performance.now() + SLICE_MS
  }
}

/** For a loop that awaits: what it calls now and then gives everything else its turn when a slice has been used up. */
export function slices(): () => Promise<void> {
  let until = performance.now() + SLICE_MS
  return async () => {
    if (performance.now() < until) return
    await new Promise(setImmediate)
    until = performance.now() + SLICE_MS
  }
}
