import type { RepoJob, RepoProgress, RepoReport } from './repo-worker.js'

/** Has a worker do something with a whole repository. @throws Error with what went wrong; the reason of `signal` */
export function runRepoJob<Told extends 'zip' | 'tree'>(
  job: RepoJob & { want: Told },
  onProgress: (progress: RepoProgress) => void,
  signal?: AbortSignal,
): Promise<Extract<RepoReport, { told: Told }>> {
  const worker = new Worker(new URL('./repo-worker.ts', import.meta.url), { type: 'module' })
  return new Promise<Extract<RepoReport, { told: Told }>>((done, failed) => {
    signal?.addEventListener('abort', () => failed(signal.reason as Error))
    worker.onerror = ({ message }) => failed(new Error(message || 'The work on the repository could not begin'))
    worker.onmessage = ({ data }: { data: RepoReport }) => {
      if (data.told === 'progress') onProgress(data.progress)
      else if (data.told === 'error') failed(new Error(data.message))
      else done(data as Extract<RepoReport, { told: Told }>)
    }
    worker.postMessage(job)
  }).finally(() => worker.terminate())
}
