import { CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import type { Config } from '../config/config.js'
import { type RestoredRecords, RestoreRecords } from '../repo/restore-records.js'
import { startProgress } from './progress.js'
import { online } from './running-server.js'

/** What to bring back, as {@link RestoreRecords} takes it. */
export interface WantedRecords {
  did: Did
  path?: string
  at: string
  dryRun: boolean
}

/** Brings records back in the data directory, by the server that runs on it if there is one. @throws as {@link RestoreRecords} */
export async function restoreRecords(wanted: WantedRecords, config: Config): Promise<RestoredRecords> {
  const progress = startProgress(wanted.dryRun ? 'Looking' : 'Restoring', 0, 'events and records')
  const onProgress = (done: number, total: number): void => progress.to(done, total)
  try {
    return await online(
      config,
      (server) => server.work<RestoredRecords>('/admin/records/restore', wanted, onProgress),
      (app) =>
        app.get(CommandBus, { strict: false }).execute(new RestoreRecords({ ...wanted, actor: 'cli' }, onProgress)),
    )
  } finally {
    progress.end()
  }
}
