import { useState } from 'preact/hooks'
import { work } from '../api/operator.js'
import { FaultNotice } from '../ui/notice.js'
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

/** How far work has come, how fast it goes, and what it will still take. `format` says an amount. */
export function ProgressOf({
  of: { action, progress },
  label,
  format,
}: {
  of: Work<unknown>
  label: string
  format: (amount: number) => string
}) {
  return (
    <>
      {progress ? (
        <div>
          <progress
            aria-label={label}
            max={progress.total || undefined}
            value={progress.total > 0 ? progress.done : undefined}
          />
          <p>
            {progress.total > 0 ? `${format(progress.done)} of ${format(progress.total)}, ` : ''}
            {timeLeft(progress)}
          </p>
        </div>
      ) : null}
      <FaultNotice fault={action.fault} />
    </>
  )
}

function timeLeft({ done, total, startedAt }: { done: number; total: number; startedAt: number }): string {
  const passed = performance.now() - startedAt
  if (done === 0 || total === 0 || passed < 1_000) return 'under way'
  return `done ${ago((passed * (total - done)) / done)}`
}
