import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { recall, remember } from '../app/history-entry.js'
import { Fault } from '../api/fault.js'
import { keepPlace } from './keep-place.js'

/** A list that comes in pages. */
export interface Pages<Item> {
  items: Item[]
  fault: Fault | undefined
  isLoading: boolean
  /** There is more behind what is here. */
  hasMore: boolean
  more(): void
  /** Begins again from the front. What is here stays until that is there. */
  reload(): Promise<void>
  /** Changes what is here, as after an action that is known to have succeeded. */
  change(how: (items: Item[]) => Item[]): void
}

interface Listed<Item> {
  items: Item[]
  cursor?: string
}

/**
 * Fetches a list page by page; `fetchPage` gets the cursor of the page before, undefined for the first. A list with a `name` is
 * found as it was left by whoever comes back to its page.
 */
export function usePages<Item>(
  fetchPage: (cursor: string | undefined) => Promise<Listed<Item>>,
  inputs: readonly unknown[],
  name?: string,
): Pages<Item> {
  const [state, setState] = useState<Listed<Item> & { fault?: Fault; isLoading: boolean }>({
    items: [],
    isLoading: true,
  })
  const turn = useRef(0)
  const place = name && `${name} ${JSON.stringify(inputs)}`
  const load = useCallback(async (cursor: string | undefined) => {
    const mine = ++turn.current
    setState((before) => ({ ...before, fault: undefined, isLoading: true }))
    try {
      const page = await fetchPage(cursor)
      if (mine !== turn.current) return
      setState(({ items }) => ({
        items: cursor === undefined ? page.items : [...items, ...page.items],
        cursor: page.cursor,
        isLoading: false,
      }))
    } catch (error) {
      if (mine === turn.current) setState((before) => ({ ...before, fault: Fault.of(error), isLoading: false }))
    }
  }, inputs)
  useEffect(() => {
    const left = place && recall<Listed<Item>>(place)
    // What was there before belongs to other inputs.
    setState(left ? { ...left, isLoading: false } : { items: [], isLoading: true })
    if (!left) void load(undefined)
    return () => void turn.current++
  }, [load])
  const { items, cursor, isLoading } = state
  useEffect(() => {
    if (place && !isLoading && items.length > 0) remember(place, { items, cursor })
  }, [items, cursor, isLoading])
  return {
    items,
    fault: state.fault,
    isLoading,
    hasMore: cursor !== undefined,
    more() {
      if (isLoading) return
      const back = keepPlace()
      void load(cursor).then(back)
    },
    reload: () => load(undefined),
    change: (how) => setState((before) => ({ ...before, items: how(before.items) })),
  }
}
