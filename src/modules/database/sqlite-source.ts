import type { Database as Driver } from 'better-sqlite3'
import { DataSource } from 'typeorm'
import { migrations } from '../../../migrations/index.js'

/** Page cache of a connection, in KiB. */
export const WRITER_CACHE = 12_000
export const READER_CACHE = 4_000
/** Bytes of the file that readers look at where the system keeps them, instead of copying page by page. */
const READER_MAP = 256 * 1024 ** 2
/** Pages of 4 KiB in the WAL before they are copied into the file: those that are written often are then copied once. */
export const CHECKPOINT_PAGES = 4_000

/** Opens one connection to the file; a writable one creates the file and runs the migrations that it lacks. */
export async function openSource(
  file: string,
  { readonly, durable = true }: { readonly: boolean; durable?: boolean },
): Promise<DataSource> {
  const source = new DataSource({
    type: 'better-sqlite3',
    database: file,
    readonly,
    timeout: 5000,
    migrations: readonly ? [] : migrations,
    migrationsRun: !readonly,
    prepareDatabase: (driver: Driver) => {
      if (!readonly) {
        driver.pragma('journal_mode = WAL')
        driver.pragma(`synchronous = ${durable ? 'FULL' : 'OFF'}`)
        driver.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
      }
      driver.pragma(`cache_size = ${-(readonly ? READER_CACHE : WRITER_CACHE)}`)
      if (readonly) driver.pragma(`mmap_size = ${READER_MAP}`)
      driver.pragma('temp_store = MEMORY')
    },
  })
  return source.initialize()
}

/** The driver's own connection, on which statements are prepared once and run without TypeORM between. */
export function driverOf(source: DataSource): Driver {
  return (source.driver as unknown as { databaseConnection: Driver }).databaseConnection
}
