import { CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { DeleteAccount } from '../account/life/delete-account.js'
import { ActionLog } from '../audit/action-log.js'
import type { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { showErasure } from './erasure-progress.js'
import { online } from './running-server.js'

/**
 * Deletes an account in the data directory, by the server that runs on it if there is one. `erased`: also all that it has
 * left is gone; a server goes on with that by itself. @throws as the handler of {@link DeleteAccount}
 */
export function deleteAccount(did: Did, config: Config): Promise<{ erased: boolean }> {
  return online<{ erased: boolean }>(
    config,
    async (server) => {
      await server.post('/xrpc/com.atproto.admin.deleteAccount', { did })
      return { erased: false }
    },
    async (app) => {
      const { erased } = await app.get(CommandBus, { strict: false }).execute(new DeleteAccount(did))
      await app.get(ActionLog, { strict: false }).noteDone({ actor: 'cli', action: 'delete-account', subject: did })
      await showErasure(app.get(Database, { strict: false }).read, did, erased)
      return { erased: true }
    },
  )
}
