import { CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { CreateInviteCodes } from '../account/create-invite-codes.js'
import type { Config } from '../config/config.js'
import { online } from './running-server.js'

/**
 * Makes an invite code in the data directory, by the server that runs on it if there is one. `account`: whose it is; null:
 * the operator's. @throws as the handler of {@link CreateInviteCodes}
 */
export function createInvite(uses: number, account: Did | null, config: Config): Promise<string> {
  return online(
    config,
    async (server) => {
      const body = { useCount: uses, ...(account !== null && { forAccount: account }) }
      const answer = await server.post('/xrpc/com.atproto.server.createInviteCode', body)
      return ((await answer.json()) as { code: string }).code
    },
    async (app) => {
      const command = new CreateInviteCodes('cli', 1, uses, account === null ? [] : [account])
      const [made] = await app.get(CommandBus, { strict: false }).execute(command)
      return made!.codes[0]!
    },
  )
}
