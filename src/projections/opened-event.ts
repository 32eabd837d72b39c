import type { AppendedRow, EventDetail } from '../modules/commit-log/commit-log.js'
import type { Reader } from '../modules/database/database.js'
import {
  keptRecords,
  readAccountEvent,
  readCommitChanges,
  readIdentityEvent,
  readPieceEvent,
} from '../modules/repo/fold-log.js'

/**
 * What an event tells: as its writer has said it, or, in a replay, read from the log again. An import tells nothing: its
 * pieces do. @throws Error when the log does not hold what it should: broken own state
 */
export async function openEvent(event: AppendedRow, reader: Reader): Promise<EventDetail> {
  if (event.detail) return event.detail
  switch (event.kind) {
    case 'commit':
      return readCommitChanges(event)
    case 'part':
      return { records: await recordsOfPiece(event, reader) }
    case 'identity':
      return readIdentityEvent(event)
    case 'account':
      return readAccountEvent(event)
    case 'import':
    case 'sync':
      return {}
  }
}

async function recordsOfPiece(event: AppendedRow, reader: Reader): Promise<EventDetail['records']> {
  const { partOf, n } = readPieceEvent(event)
  const part = await reader.get<{ bytes: Buffer }>(
    'SELECT bytes FROM commit_log_part WHERE part_of = ? AND n = ?',
    partOf,
    n,
  )
  if (part) return keptRecords(part.bytes)
  // The pieces of a deleted account go before the events that name them.
  const repo = await reader.get<{ status: string | null }>('SELECT status FROM repo WHERE did = ?', event.did)
  if (repo && repo.status !== 'deleted') throw new Error(`piece ${n} of the import ${partOf} is not in the log`)
  return []
}
