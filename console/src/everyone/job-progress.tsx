import type { RepoProgress } from '../engine/repo-worker.js'
import { bytes, count } from '../ui/amounts.js'

/** How far the work on a repository has come. How much there will be nobody knows before it is there. */
export function JobProgress({ progress, onCancel }: { progress: RepoProgress; onCancel?: () => void }) {
  return (
    <div class="row" role="group" aria-label="Progress">
      <progress aria-label="Working on the repository" />
      <span>
        {bytes(progress.bytes)} received
        {progress.files > 0 ? `, ${count(progress.files)} files made` : ''}
      </span>
      {onCancel ? (
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      ) : null}
    </div>
  )
}
