/** Whether a repository is active: what its owner, or its host, says of it, unless the operator has taken it down. */
import { Cid, type Did, type Tid } from '../../repo-engine/index.js'
import type { CommitLog, NewEvent } from '../commit-log/commit-log.js'
import { accountFrame } from '../commit-log/frame.js'
import type { Tx } from '../database/database.js'
import { syncEvent } from './repo-events.js'
import type { Hosting, RepoStatus } from './repo-row.js'

/**
 * Writes down what the owner of a repository, or its host, says of its status (null: active), and tells the log when its
 * status is another one by that. False where there is no such repository of that hosting, or nothing changes.
 */
export async function setOwnStatus(
  tx: Tx,
  log: CommitLog,
  did: Did,
  hosting: Hosting,
  status: Exclude<RepoStatus, 'deleted'> | null,
): Promise<boolean> {
  const changed = await tx.run(
    `UPDATE repo SET own_status = ? WHERE did = ? AND hosting = ? AND (status IS NULL OR status <> 'deleted')
       AND coalesce(own_status, '') <> ?`,
    status,
    did,
    hosting,
    status ?? '',
  )
  return changed > 0 && settleStatus(tx, log, did)
}

/**
 * Makes a repository hosted here active, in the owner's name, and gives what the log is to be told of it: its status, and
 * its head, which nobody may have heard of before. One that is active already gives the same. Null where that is not the
 * owner's to say: it is taken down, or there is none.
 */
export async function activateRepo(tx: Tx, did: Did): Promise<NewEvent[] | null> {
  const row = await tx.get<{ rev: Tid; head: Buffer; commit_block: Buffer }>(
    `UPDATE repo SET own_status = NULL, status = NULL
     WHERE did = ? AND hosting = 'hosted' AND (own_status IS NULL OR own_status = 'deactivated')
       AND (status IS NULL OR status = 'deactivated') AND NOT EXISTS (SELECT 1 FROM takedown WHERE subject = repo.did)
     RETURNING rev, head, commit_block`,
    did,
  )
  if (!row) return null
  return [accountEvent(did, null), syncEvent(did, row.rev, Cid.fromBytes(row.head), row.commit_block)]
}

/**
 * To be called when the owner's status or a takedown has changed: makes the status what follows from both, and tells the
 * log. False where that is so already. A repository that is being erased stays deleted. `silent`: nobody is to know of it yet.
 */
export async function settleStatus(tx: Tx, log: CommitLog, did: Did, silent = false): Promise<boolean> {
  const settled = await tx.get<{ status: RepoStatus | null; hosting: Hosting }>(
    `UPDATE repo SET status = ${EFFECTIVE}
     WHERE did = ? AND (status IS NULL OR status <> 'deleted') AND coalesce(status, '') <> coalesce(${EFFECTIVE}, '')
     RETURNING status, hosting`,
    did,
  )
  if (!settled) return false
  await log.append(tx, [{ ...accountEvent(did, settled.status, settled.hosting), silent }])
  return true
}

const EFFECTIVE =
  "CASE WHEN EXISTS (SELECT 1 FROM takedown WHERE subject = repo.did) THEN 'takendown' ELSE own_status END"

/** The status of an account, null when it is active, for the log. */
export function accountEvent(did: Did, status: RepoStatus | null, hosting: Hosting = 'hosted'): NewEvent {
  const bare = { rev: null, cid: null, event: null, hosted: hosting === 'hosted' }
  return { ...bare, did, kind: 'account', frame: accountFrame(did, status), detail: { status } }
}
