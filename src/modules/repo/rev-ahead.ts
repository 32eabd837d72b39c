import { RepoError, type Tid, tidToMicros } from '../../repo-engine/index.js'

/** How far ahead of this clock a rev may be: after one from far ahead, nothing that is written today would count. */
const MAX_AHEAD_MICROS = 5 * 60 * 1_000_000

/** Whether a rev is minutes ahead of `now`, milliseconds since the epoch. */
export function isAhead(rev: Tid, now: number): boolean {
  return tidToMicros(rev) > now * 1000 + MAX_AHEAD_MICROS
}

/** @throws RepoError InvalidCommit for a rev that is ahead, as {@link isAhead} */
export function assertNotAhead(rev: Tid, now: number): void {
  if (isAhead(rev, now)) throw new RepoError('InvalidCommit', `rev ${rev} is in the future`)
}
