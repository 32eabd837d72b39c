import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { Fault } from '../api/fault.js'

/** Something that is fetched: not there yet, there, or failed. What was there stays while it is fetched again, as does why it failed. */
export interface Load<Value> {
  value: Value | undefined
  fault: Fault | undefined
  isLoading: boolean
  /** Fetches it again. */
  reload(): Promise<void>
  /** Puts another value in place, as after a change that is known to have succeeded. What is on its way is older, and dropped. */
  set(value: Value): void
}

/** Fetches something when the page opens and whenever `inputs` change. Answers that come too late are dropped. */
export function useLoad<Value>(fetchIt: () => Promise<Value>, inputs: readonly unknown[]): Load<Value> {
  const [state, setState] = useState<{ value?: Value; fault?: Fault; isLoading: boolean }>({ isLoading: true })
  const turn = useRef(0)
  const load = useCallback(async () => {
    const mine = ++turn.current
    setState(({ value, fault }) => ({ value, fault, isLoading: true }))
    try {
      const value = await fetchIt()
      if (mine === turn.current) setState({ value, isLoading: false })
    } catch (error) {
      if (mine === turn.current) setState(({ value }) => ({ value, fault: Fault.of(error), isLoading: false }))
    }
  }, inputs)
  useEffect(() => {
    // What was there before belongs to other inputs.
    setState({ isLoading: true })
    void load()
    return () => void turn.current++
  }, [load])
  return {
    value: state.value,
    fault: state.fault,
    isLoading: state.isLoading,
    reload: load,
    set(value) {
      turn.current++
      setState({ value, isLoading: false })
    },
  }
}
