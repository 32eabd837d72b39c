import { useEffect, useRef } from 'preact/hooks'

/**
 * Does something every `ms` while the page is looked at, and at once when it is looked at again. Once at a time; what fails
 * is tried again the next time. Null: not at all.
 */
export function usePoll(act: (() => Promise<unknown>) | null, ms: number): void {
  const latest = useRef(act)
  latest.current = act
  const isOn = act !== null
  useEffect(() => {
    if (!isOn) return
    let isBusy = false
    const turn = async (): Promise<void> => {
      if (isBusy || document.hidden) return
      isBusy = true
      await latest.current?.().catch(() => undefined)
      isBusy = false
    }
    const timer = setInterval(() => void turn(), ms)
    const onVisible = (): void => void turn()
    document.addEventListener('visibilitychange', onVisible)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [isOn, ms])
}
