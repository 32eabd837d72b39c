const WORDS: Record<string, string> = {
  takendown: 'taken down',
  suspended: 'suspended',
  deactivated: 'deactivated',
  deleted: 'deleted',
  desynchronized: 'being fetched again',
  throttled: 'throttled',
}

/** The status of a repository as com.atproto.sync tells it, in plain words; one that is not known, as it is. */
export function statusWords(status: string): string {
  return Object.hasOwn(WORDS, status) ? WORDS[status]! : status
}
