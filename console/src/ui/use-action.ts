import { useRef, useState } from 'preact/hooks'
import { Fault } from '../api/fault.js'
import { keepPlace } from './keep-place.js'

/** Something that somebody does by a button or a form. */
export interface Action<Input extends unknown[]> {
  run(...input: Input): Promise<void>
  isRunning: boolean
  /** Why it did not succeed the last time. */
  fault: Fault | undefined
  /** It has succeeded. */
  isDone: boolean
}

/**
 * Runs something once at a time, and keeps what became of it. A button for it says with `aria-disabled` that it is running:
 * one that is disabled would lose the keyboard.
 */
export function useAction<Input extends unknown[]>(act: (...input: Input) => Promise<unknown>): Action<Input> {
  const [state, setState] = useState<{ isRunning: boolean; fault?: Fault; isDone: boolean }>({
    isRunning: false,
    isDone: false,
  })
  const isBusy = useRef(false)
  return {
    isRunning: state.isRunning,
    fault: state.fault,
    isDone: state.isDone,
    async run(...input) {
      if (isBusy.current) return
      isBusy.current = true
      const back = keepPlace()
      setState({ isRunning: true, isDone: false })
      try {
        await act(...input)
        setState({ isRunning: false, isDone: true })
      } catch (error) {
        setState({ isRunning: false, isDone: false, fault: Fault.of(error) })
      }
      isBusy.current = false
      back()
    },
  }
}
