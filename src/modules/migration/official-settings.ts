import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

/** Settings of the official PDS that say where things lie: they are not those of the server that takes its place. */
const PLACES = [
  ...['PDS_DATA_DIRECTORY', 'PDS_PORT', 'PORT', 'PDS_BLOBSTORE_DISK_LOCATION', 'PDS_BLOBSTORE_DISK_TMP_LOCATION'],
  ...['PDS_ACCOUNT_DB_LOCATION', 'PDS_SEQUENCER_DB_LOCATION', 'PDS_DID_CACHE_DB_LOCATION', 'PDS_ACTOR_STORE_DIRECTORY'],
]
/** Databases outside of the data directory. */
const SCATTERED = ['PDS_ACCOUNT_DB_LOCATION', 'PDS_SEQUENCER_DB_LOCATION', 'PDS_ACTOR_STORE_DIRECTORY']

/** The settings of an official PDS, as its env file has them. */
export interface OfficialSettings {
  /** Those that go on meaning the same here. */
  settings: Record<string, string>
  /** Where its blobs are on its disk; null where the file does not say. */
  blobs: string | null
  rotationKeyInKms: boolean
}

/** @throws Error when the file cannot be read, or says that the data lies where it is not looked for */
export function readOfficialSettings(file: string): OfficialSettings {
  if (!existsSync(file)) throw new Error(`there is no file ${file}`)
  const all = parseEnv(readFileSync(file, 'utf8')) as Record<string, string>
  const scattered = SCATTERED.find((name) => all[name])
  if (scattered) throw new Error(`${file} sets ${scattered}: move what is there into the data directory first`)
  const settings = Object.fromEntries(Object.entries(all).filter(([name]) => !PLACES.includes(name)))
  return {
    settings,
    blobs: all.PDS_BLOBSTORE_DISK_LOCATION || null,
    rotationKeyInKms: Boolean(all.PDS_PLC_ROTATION_KEY_KMS_KEY_ID),
  }
}
