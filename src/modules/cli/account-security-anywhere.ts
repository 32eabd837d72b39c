/** What commands do for who cannot sign in: by the server that runs on the data directory if there is one, or here. */
import type { INestApplicationContext } from '@nestjs/common'
import { type Command, CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { Accounts } from '../account/accounts.js'
import { ConfirmEmail } from '../account/contact/confirm-email.js'
import { RemoveFactors } from '../account/factors/remove-factors.js'
import { type FactorState, SecondFactors } from '../account/factors/second-factors.js'
import { SetPassword } from '../account/password/set-password.js'
import { ActionLog } from '../audit/action-log.js'
import type { Config } from '../config/config.js'
import { MailTest, type MailTestResult } from '../mail/mail-test.js'
import { online } from './running-server.js'

/** Takes the address of an account for its owner's. @throws Error with what the server says against it */
export function confirmEmail(did: Did, config: Config): Promise<void> {
  return online<void>(
    config,
    async (server) => void (await server.post('/admin/accounts/confirm-email', { account: did })),
    (app) => here(app, 'confirm-email', did, new ConfirmEmail(did, null)),
  )
}

/** Sets the password of an account and ends its sessions. @throws as the handler of {@link SetPassword} */
export function setPassword(did: Did, password: string, config: Config): Promise<void> {
  return online<void>(
    config,
    async (server) => void (await server.post('/xrpc/com.atproto.admin.updateAccountPassword', { did, password })),
    (app) => here(app, 'update-password', did, new SetPassword(did, password)),
  )
}

/** What a sign-in to an account needs besides its password. @throws Error with what the server says against it */
export function factorsOf(did: Did, config: Config): Promise<FactorState> {
  return online(
    config,
    async (server) => (await (await server.get(`/admin/accounts/factors?account=${did}`)).json()) as FactorState,
    async (app) => {
      const account = await app.get(Accounts, { strict: false }).byDid(did)
      if (!account) throw new Error(`the account ${did} is not complete yet`)
      return app.get(SecondFactors, { strict: false }).state(account)
    },
  )
}

/** Lets an account in by its password alone. @throws as the handler of {@link RemoveFactors} */
export function removeFactors(did: Did, config: Config): Promise<void> {
  return online<void>(
    config,
    async (server) => void (await server.post('/admin/accounts/factors/remove', { account: did })),
    (app) => here(app, 'remove-factors', did, new RemoveFactors(did)),
  )
}

/** Sends a mail with the settings of the server that runs, or with these where none does. */
export function testMail(to: string, config: Config): Promise<MailTestResult> {
  return online(
    config,
    async (server) => (await (await server.post('/admin/mail/test', { to })).json()) as MailTestResult,
    (app) => app.get(MailTest, { strict: false }).run(to),
  )
}

/** Done by no server: it is noted as the command line's. */
async function here(app: INestApplicationContext, action: string, did: Did, command: Command<void>): Promise<void> {
  await app.get(CommandBus, { strict: false }).execute(command)
  await app.get(ActionLog, { strict: false }).noteDone({ actor: 'cli', action, subject: did })
}
