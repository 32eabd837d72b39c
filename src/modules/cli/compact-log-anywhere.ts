import { CommandBus } from '@nestjs/cqrs'
import type { Config } from '../config/config.js'
import { type CompactedLog, CompactLog } from '../repo/compact-log.js'
import { startProgress } from './progress.js'
import { online } from './running-server.js'

/** Compacts the log of the data directory, by the server that runs on it if there is one. @throws as the handler of {@link CompactLog} */
export async function compactLog(before: string, config: Config): Promise<CompactedLog> {
  const progress = startProgress('Compacting', 0, 'events')
  const onProgress = (done: number, total: number): void => progress.to(done, total)
  try {
    return await online(
      config,
      (server) => server.work<CompactedLog>('/admin/log/compact', { before }, onProgress),
      (app) => app.get(CommandBus, { strict: false }).execute(new CompactLog(before, onProgress)),
    )
  } finally {
    progress.end()
  }
}
