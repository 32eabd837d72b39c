import type { RepoStatus } from '../repo/repo-row.js'

/** Null: active; undefined: nothing is to be done. */
export type AccountStatus = RepoStatus | null | undefined

/** Why accounts of other servers are not active, as far as it is honoured here. */
const HONOURED: ReadonlySet<string> = new Set<RepoStatus>(['deactivated', 'takendown', 'suspended', 'deleted'])

/**
 * The status of an account, in this server's words. A host that is throttled, or out of step, says nothing about the account.
 */
export function statusOf(active: boolean, status: string | null): AccountStatus {
  if (active) return null
  if (status === null) return 'deactivated'
  return HONOURED.has(status) ? (status as RepoStatus) : undefined
}
