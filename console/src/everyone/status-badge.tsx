import { statusWords } from '../ui/repo-status.js'

/** Whether a repository is served, in a word. `status` as com.atproto.sync tells it. */
export function StatusBadge({ active, status = 'not active' }: { active: boolean; status?: string }) {
  return active ? <span class="badge good">active</span> : <span class="badge bad">{statusWords(status)}</span>
}
