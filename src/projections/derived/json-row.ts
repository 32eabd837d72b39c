import type { Tx } from '../../modules/database/database.js'
import type { IndexedRecord } from '../projection.js'

/** Tables of which a row is a record as it stands, and nothing more. */
export type JsonTable = 'bsky_labeler' | 'bsky_status'

/** Keeps a record as it stands. */
export async function insertJsonRow(
  tx: Tx,
  table: JsonTable,
  { uri, cid, did, value, sortAt, indexedAt }: IndexedRecord<unknown>,
): Promise<void> {
  await tx.run(
    `INSERT INTO ${table} (uri, cid, did, json, sort_at, indexed_at) VALUES (?, ?, ?, ?, ?, ?)`,
    ...[uri, cid, did, JSON.stringify(value), sortAt, indexedAt],
  )
}
