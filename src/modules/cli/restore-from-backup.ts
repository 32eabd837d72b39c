import { Clock } from '../config/clock.js'
import { parsePast } from './duration.js'
import { configOf, type IdentityOptions, identitySetting } from './options.js'
import { restoreBackup } from './restore-backup.js'
import { restoredBackupText } from './restore-backup-text.js'

export interface RestoreBackupOptions extends IdentityOptions {
  data?: string
  at?: string
  lost?: string
  ranSince?: boolean
  moveAside?: boolean
  endpoint?: string
  json?: boolean
}

/** The part of `restore` that makes a data directory of a backup. @throws as {@link restoreBackup} */
export async function restoreFromBackup(source: string, options: RestoreBackupOptions): Promise<void> {
  const { at, lost = null, endpoint = null, ranSince = false, moveAside = false } = options
  const moment = at === undefined ? null : parsePast('--at', at, new Clock().now())
  const wish = { source, endpoint, lost, ranSince, moveAside, at: moment }
  const restored = await restoreBackup(wish, (data = options.data) => configOf({ data }, identitySetting(options)))
  console.log(options.json ? JSON.stringify(restored, null, 2) : restoredBackupText(restored))
  if (restored.problems.length > 0) process.exitCode = 1
}
