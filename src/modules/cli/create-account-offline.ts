import { CommandBus } from '@nestjs/cqrs'
import { CreateAccount, type CreatedAccount } from '../account/sign-up/create-account.js'
import type { SignUpInput } from '../account/sign-up/sign-up-rules.js'
import type { Config } from '../config/config.js'
import { offline } from './offline.js'

/**
 * Makes an account in the data directory by the rules of the server that these settings make.
 * @throws as the handler of {@link CreateAccount}; Error when a server runs on the data directory
 */
export function createAccount(input: SignUpInput, config: Config): Promise<CreatedAccount> {
  const client = { userAgent: 'skylog account create', address: null }
  return offline(config, (app) =>
    app.get(CommandBus, { strict: false }).execute(new CreateAccount(input, null, client)),
  )
}
