import { CommandBus } from '@nestjs/cqrs'
import { AdoptAccount, type AdoptedAccount, type AdoptionInput } from '../account/sign-up/adopt-account.js'
import { ActionLog } from '../audit/action-log.js'
import type { Config } from '../config/config.js'
import { online } from './running-server.js'

/**
 * Adopts an account in the data directory, by the server that runs on it if there is one: that one gets the rotation key
 * over the loopback, as it gets the operator's password. @throws as the handler of {@link AdoptAccount}
 */
export function adoptAccount(input: AdoptionInput, config: Config): Promise<AdoptedAccount> {
  return online<AdoptedAccount>(
    config,
    async (server) => (await (await server.post('/admin/accounts/adopt', input)).json()) as AdoptedAccount,
    async (app) => {
      const adopted = await app.get(CommandBus, { strict: false }).execute(new AdoptAccount(input))
      await app
        .get(ActionLog, { strict: false })
        .noteDone({ actor: 'cli', action: 'adopt-account', subject: adopted.did })
      return adopted
    },
  )
}
