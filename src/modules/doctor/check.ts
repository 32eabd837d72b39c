import type { Config } from '../config/config.js'
import type { Database } from '../database/database.js'
import { type Area, counted, type Finding } from './finding.js'
import type { Patient } from './patient.js'

/**
 * Something that is looked at. `here`: in the data directory and the settings · `outside`: asks other servers ·
 * `front`: asks this server by its public name, as its clients do.
 */
export interface Check {
  area: Area
  where: 'here' | 'outside' | 'front'
  /** Whether there is anything to look at with these settings; always unless told. */
  applies?(config: Config): boolean
  /** Looks, until `signal` says that it takes too long. What it throws is a finding, too. */
  run(patient: Patient, signal: AbortSignal): Promise<Finding[]>
}

/** How long a check may take, and how long it waits for another server; milliseconds. */
export const CHECK_MS = 5_000
export const NETWORK_MS = 4_000

type Look = (database: Database, patient: Patient, signal: AbortSignal) => Promise<Finding[]>

/** A check of what stands in the database. Says nothing where there is none, which is another check's to tell. */
export function ofDatabase(area: Area, look: Look): Check {
  return {
    area,
    where: 'here',
    run: async (patient, signal) => (patient.database ? look(patient.database, patient, signal) : []),
  }
}

/** Rows that are looked at before others have a turn, unless told. */
const PAGE = 200

/**
 * Goes through rows in pages, leaving turns to whoever else works here, until there are no more or time is up.
 * `page` reads as many rows as it is told after a row, the first ones after undefined. Gives how many were looked at, and
 * whether that is all.
 */
export async function throughPages<Row>(
  page: (after: Row | undefined, limit: number) => Row[] | Promise<Row[]>,
  look: (row: Row) => void,
  signal: AbortSignal,
  rowsAtOnce = PAGE,
): Promise<{ seen: number; whole: boolean }> {
  let seen = 0
  for (let last: Row | undefined; !signal.aborted;) {
    const rows = await page(last, rowsAtOnce)
    rows.forEach(look)
    seen += rows.length
    if (rows.length < rowsAtOnce) return { seen, whole: true }
    last = rows.at(-1)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { seen, whole: false }
}

/** `of all 12 accounts`, or `of the first 4,000 accounts, for which there was time`. */
export function ofThose({ seen, whole }: { seen: number; whole: boolean }, noun: string, plural?: string): string {
  if (!whole) return `of the first ${counted(seen, noun, plural)}, for which there was time`
  return seen === 1 ? `of the one ${noun}` : `of all ${counted(seen, noun, plural)}`
}
