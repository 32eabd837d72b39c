import { type Load, useLoad } from './use-load.js'
import { usePoll } from './use-poll.js'

const EVERY_MS = 5_000

/** As `useLoad`, and fetched again every few seconds while the page is looked at, also after a failure. */
export function useLive<Value>(fetchIt: () => Promise<Value>, inputs: readonly unknown[]): Load<Value> {
  const load = useLoad(fetchIt, inputs)
  usePoll(load.reload, EVERY_MS)
  return load
}
