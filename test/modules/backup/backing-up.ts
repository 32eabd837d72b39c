/** A server that is backed up, and what comes back of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Backups } from '../../../src/modules/backup/backups.js'
import type { Snapshot } from '../../../src/modules/backup/snapshot.js'
import { type Restored, restoreBackup, type RestoreWish } from '../../../src/modules/cli/restore-backup.js'
import { Config } from '../../../src/modules/config/config.js'
import type { TestServer } from '../../support/account-app.js'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A new folder for as long as the tests of a file run. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skylog-backup-'))
  folders.push(folder)
  return folder
}

export function backUp(server: TestServer, target: string, keep: string | null = null): Promise<Snapshot> {
  return server.get(Backups).run({ target, keep, endpoint: null, identityFile: null }, () => undefined)
}

export interface RestoreOptions extends Partial<Omit<RestoreWish, 'source'>> {
  env?: Record<string, string>
  directory?: string
}

/** Restores into a new data directory. */
export function restore(source: string, { env = {}, directory, ...wish }: RestoreOptions = {}): Promise<Restored> {
  const place = directory ?? join(scratch(), 'data')
  return restoreBackup(
    { source, endpoint: null, at: null, lost: null, ranSince: false, moveAside: false, ...wish },
    (data = place) => Config.fromEnv({ ...env, PDS_DATA_DIRECTORY: data }),
  )
}
