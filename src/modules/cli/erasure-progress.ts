import { definitionOf } from '../../projections/projection.js'
import { PROJECTION_CLASSES } from '../../projections/projections.module.js'
import type { Did } from '../../repo-engine/index.js'
import type { Reader } from '../database/database.js'
import { startProgress } from './progress.js'

/** How often the rows that are left are counted. */
const EVERY_MS = 500

/** Tables of projections of records, which have a row by uri for each record that was taken in. */
const BY_URI = PROJECTION_CLASSES.map(definitionOf)
  .filter(({ collections }) => collections.length > 0)
  .map(({ tables }) => tables[0]!)

/** Shows how far the erasure of an account has come while `work` does it: by the rows that are still there. */
export async function showErasure<T>(read: Reader, did: Did, work: () => Promise<T>): Promise<T> {
  const total = await rowsOf(read, did)
  const progress = startProgress('Removing', total, 'rows')
  const timer = setInterval(() => {
    void Promise.resolve(rowsOf(read, did)).then((left) => progress.to(total - left))
  }, EVERY_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    progress.end()
  }
}

async function rowsOf(read: Reader, did: Did): Promise<number> {
  let rows = 0
  const add = async (sql: string, ...values: string[]): Promise<void> => {
    rows += (await read.get<{ n: number }>(`SELECT count(*) AS n FROM ${sql}`, ...values))!.n
  }
  await add('commit_log WHERE did = ?', did)
  await add('record WHERE tree = (SELECT tree FROM repo WHERE did = ?)', did)
  // The sign after a slash is 0.
  for (const table of new Set(BY_URI)) await add(`${table} WHERE uri > ? AND uri < ?`, `at://${did}/`, `at://${did}0`)
  return rows
}
