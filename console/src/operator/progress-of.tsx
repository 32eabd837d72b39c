import { useState } from 'preact/hooks'
import { work } from '../api/operator.js'
import { ago } from '../ui/time.js'
import { type Action, useAction } from '../ui/use-action.js'

export interface Work<Result> {
  action: Action<[body: object]>
  progress: { done: number; total: number; startedAt: number } | undefined
  /** What came out the last time. */
  result: Result | undefined
}

/** Work of the server that takes long, and how far it has come. It goes on when the page is left. */
export function useWork<Result>(path: string, onDone?: () => unknown): Work<Result> {
  const [progress, setProgress] = useState<Work<Result>['progress']>()
  const [result, setResult] = useState<Result>()
  const action = useAction(async (body: object) => {
    const startedAt = performance.now()
    setResult(undefined)
    setProgress({ done: 0, total: 0, startedAt })
    try {
      setResult(await work<Result>(path, body, (done, total) => setProgress({ done, total, startedAt })))
    } finally {
      setProgress(undefined)
      await onDone?.()
    }
  })
  return { action, progress, result }
}

/** How far work of this page has come, and what it will still take. `format` says an amount. */
export function ProgressOf({
  of: { progress },
  ...said
}: {
  of: Work<unknown>
  label: string
  format: (amount: number) => string
}) {
  if (!progress) return null
  return <Bar done={progress.done} total={progress.total} left={timeLeft(progress)} {...said} />
}

/** Work under way, whoever began it. `left`: milliseconds until it is done; null where that is not known yet. */
export function Bar({
  label,
  done,
  total,
  left,
  format,
}: {
  label: string
  done: number
  total: number
  left: number | null
  format: (amount: number) => string
}) {
  return (
    <div>
      <progress aria-label={label} max={total || undefined} value={total > 0 ? done : undefined} />
      <p>
        {total > 0 ? `${format(done)} of ${format(total)}, ` : ''}
        {left === null ? 'under way' : `done ${ago(left)}`}
      </p>
    </div>
  )
}

function timeLeft({ done, total, startedAt }: { done: number; total: number; startedAt: number }): number | null {
  const passed = performance.now() - startedAt
  return done === 0 || total === 0 || passed < 1_000 ? null : (passed * (total - done)) / done
}
