/**
 * How a repository goes. First its row says `deleted`: from then on nobody reads it and nothing is appended to it. Then
 * what it has in the log and in the trees is removed a little at a time, oldest events first, so that all the while its
 * head is the head of its last event; and last its row, which is what a new repository of the DID has to wait for.
 */
import { deleteSome } from '../database/delete-some.js'
import type { Reader, Tx } from '../database/database.js'
import type { LogRow } from '../commit-log/commit-log.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { readImportEvent } from './fold-log.js'
import { type Hosting, type Repo, TREE_TABLES } from './repo-row.js'

/** Nobody reads it or writes to it any more. Gives how it was hosted; null where there is none that is not deleted already. */
export async function markDeleted(tx: Tx, did: string): Promise<Hosting | null> {
  const row = await tx.get<{ hosting: Hosting }>(
    "UPDATE repo SET status = 'deleted' WHERE did = ? AND (status IS NULL OR status <> 'deleted') RETURNING hosting",
    did,
  )
  return row?.hosting ?? null
}

/**
 * Removes up to `limit` rows of a deleted repository: of its events all but the last, which says that it is deleted.
 * True while there may be more of them.
 */
export async function eraseSome(tx: Tx, did: string, limit: number): Promise<boolean> {
  const tree = await treeOf(tx, did)
  if (tree === null) return false
  const [oldest] = await pastEvents(tx, did, 1)
  if (oldest?.kind === 'import') {
    const { partOf } = readImportEvent(oldest)
    if ((await deleteSome(tx, ['commit_log_part', 'n'], 'part_of', partOf, limit)) === limit) return true
  }
  if (oldest) {
    const events = await pastEvents(tx, did, limit)
    // Up to the next import, whose pieces go before it does.
    const next = events.findIndex(({ seq, kind }) => kind === 'import' && seq !== oldest.seq)
    const { seq } = next < 0 ? events.at(-1)! : events[next - 1]!
    await tx.run('DELETE FROM commit_log WHERE did = ? AND seq <= ?', did, seq)
    return true
  }
  for (const table of TREE_TABLES) if ((await deleteSome(tx, table, 'tree', tree, limit)) > 0) return true
  return false
}

/** Removes what is left of a repository when {@link eraseSome} finds no more: the DID may come back. */
export async function eraseLast(tx: Tx, did: string): Promise<void> {
  const tree = await treeOf(tx, did)
  if (tree === null) return
  await tx.run('DELETE FROM tree WHERE id = ?', tree)
  await tx.run('DELETE FROM repo WHERE did = ?', did)
}

/** @throws XrpcError 409 ErasureInProgress for a deleted repository of which something is left. */
export function assertErased(repo: Repo | null): void {
  if (repo?.status === 'deleted')
    throw new XrpcError(
      409,
      'ErasureInProgress',
      `what was deleted of ${repo.did} is still being removed; try again soon`,
    )
}

async function treeOf(reader: Reader, did: string): Promise<number | null> {
  const row = await reader.get<{ tree: number }>("SELECT tree FROM repo WHERE did = ? AND status = 'deleted'", did)
  return row?.tree ?? null
}

/** The oldest events before the last one. */
function pastEvents(tx: Tx, did: string, limit: number): Promise<LogRow[]> | LogRow[] {
  return tx.all<LogRow>(
    `SELECT seq, kind, event FROM commit_log
     WHERE did = ? AND seq < (SELECT max(seq) FROM commit_log WHERE did = ?) ORDER BY seq LIMIT ?`,
    did,
    did,
    limit,
  )
}
