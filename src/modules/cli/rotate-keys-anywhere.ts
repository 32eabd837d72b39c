import { CommandBus } from '@nestjs/cqrs'
import { type RotatedKeys, RotateKeys, type RotationWish } from '../account/rotate-keys.js'
import { ActionLog } from '../audit/action-log.js'
import type { Config } from '../config/config.js'
import { online } from './running-server.js'

/**
 * Replaces keys in the data directory, by the server that runs on it if there is one.
 * @throws as the handler of {@link RotateKeys}; Error with what the server says against it
 */
export function rotateKeys(
  config: Config,
  wish: RotationWish,
  onProgress: (done: number, total: number) => void,
): Promise<RotatedKeys> {
  return online(
    config,
    (server) => server.work<RotatedKeys>('/admin/keys/rotate', wish, onProgress),
    async (app) => {
      const subject = wish.account ?? 'all'
      await app.get(ActionLog, { strict: false }).noteDone({ actor: 'cli', action: 'rotate-keys', subject })
      return app.get(CommandBus, { strict: false }).execute(new RotateKeys(wish, onProgress))
    },
  )
}
