import type { Tx } from './database.js'

/** A table, and what tells its rows apart: columns, separated by commas. */
export type KeyedTable = readonly [table: string, key: string]

/**
 * Deletes up to `limit` of the rows that have `value` in a column, and gives their number. What may be large is removed
 * by many of these, each in a write of its own, so that other writers need not wait.
 */
export async function deleteSome(
  tx: Tx,
  [table, key]: KeyedTable,
  column: string,
  value: number | string,
  limit: number,
): Promise<number> {
  return tx.run(
    `DELETE FROM ${table} WHERE ${column} = ? AND (${key}) IN (SELECT ${key} FROM ${table} WHERE ${column} = ? LIMIT ?)`,
    value,
    value,
    limit,
  )
}
