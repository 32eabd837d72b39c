import { useEffect, useRef } from 'preact/hooks'

/**
 * Does something every `ms` while the page is looked at, and at once when it is looked at again. Once at a time: what is done
 * already then is done once more after that. What fails is tried again the next time. Null: not at all.
 */
export function usePoll(act: (() => Promise<unknown>) | null, ms: number): void {
  const latest = useRef(act)
  latest.current = act
  const isOn = act !== null
  useEffect(() => {
    if (!isOn) return
    let isBusy = false
    let isAskedAgain = false
    const turn = async (): Promise<void> => {
      if (isBusy || document.hidden) return
      isBusy = true
      await latest.current?.().catch(() => undefined)
      isBusy = false
      if (isAskedAgain) onVisible()
    }
    const onVisible = (): void => {
      isAskedAgain = isBusy
      void turn()
    }
    const timer = setInterval(() => void turn(), ms)
    document.addEventListener('visibilitychange', onVisible)
    return () => {
      isAskedAgain = false
      clearInterval(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [isOn, ms])
}
