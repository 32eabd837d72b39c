const WORDS: Record<string, string> = {
  takendown: 'taken down',
  suspended: 'suspended',
  deactivated: 'deactivated',
  deleted: 'deleted',
  desynchronized: 'being fetched again',
  throttled: 'throttled',
}

/** Whether a repository is served, in a word. `status` as com.atproto.sync tells it. */
export function StatusBadge({ active, status = 'not active' }: { active: boolean; status?: string }) {
  return active ? <span class="badge good">active</span> : <span class="badge bad">{WORDS[status] ?? status}</span>
}
