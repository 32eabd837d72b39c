import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { Fault } from '../api/fault.js'

/** A list that comes in pages. */
export interface Pages<Item> {
  items: Item[]
  fault: Fault | undefined
  isLoading: boolean
  /** There is more behind what is here. */
  hasMore: boolean
  more(): void
  /** Begins again from the front. */
  reload(): void
  /** Changes what is here, as after an action that is known to have succeeded. */
  change(how: (items: Item[]) => Item[]): void
}

/** Fetches a list page by page; `fetchPage` gets the cursor of the page before, undefined for the first. */
export function usePages<Item>(
  fetchPage: (cursor: string | undefined) => Promise<{ items: Item[]; cursor?: string }>,
  inputs: readonly unknown[],
): Pages<Item> {
  const [state, setState] = useState<{ items: Item[]; cursor?: string; fault?: Fault; isLoading: boolean }>({
    items: [],
    isLoading: true,
  })
  const turn = useRef(0)
  const load = useCallback(async (cursor: string | undefined) => {
    const mine = ++turn.current
    setState((before) => ({
      ...before,
      ...(cursor === undefined && { items: [], cursor }),
      fault: undefined,
      isLoading: true,
    }))
    try {
      const page = await fetchPage(cursor)
      if (mine !== turn.current) return
      setState(({ items }) => ({ items: [...items, ...page.items], cursor: page.cursor, isLoading: false }))
    } catch (error) {
      if (mine === turn.current) setState((before) => ({ ...before, fault: Fault.of(error), isLoading: false }))
    }
  }, inputs)
  useEffect(() => {
    void load(undefined)
    return () => void turn.current++
  }, [load])
  return {
    items: state.items,
    fault: state.fault,
    isLoading: state.isLoading,
    hasMore: state.cursor !== undefined,
    more: () => void load(state.cursor),
    reload: () => void load(undefined),
    change: (how) => setState((before) => ({ ...before, items: how(before.items) })),
  }
}
