import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import { section } from './format.js'
import { newPassword } from './new-password.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'

interface CreateOptions extends DataOptions {
  handle: string
  email: string
  password?: string
  didWeb?: boolean
  json?: boolean
}

@SubCommand({
  name: 'create',
  description:
    'Make an account with an empty repository.\n\nThe operator needs no invite code. The server must not be running.',
})
@Takes(DATA, JSON_OUTPUT)
export class AccountCreateCommand extends CommandRunner {
  async run(_: string[], options: CreateOptions): Promise<void> {
    const { handle, email, json } = options
    const password = options.password ?? newPassword()
    const { createAccount } = await import('./create-account-offline.js')
    const config = configOf(options, { PDS_INVITE_REQUIRED: 'false' })
    const did = options.didWeb ? `did:web:${handle.toLowerCase()}` : undefined
    const account = await createAccount({ handle, email, password, did }, config)
    const made = { did: account.did, handle: account.handle, ...(options.password === undefined && { password }) }
    console.log(json ? JSON.stringify(made, null, 2) : section('Account created', Object.entries(made)))
    if (!json && made.password) console.log('The password is shown this once.')
  }

  @Option({ flags: '--handle <handle>', description: 'for example alice.test', required: true })
  handle(handle: string): string {
    return handle
  }

  @Option({ flags: '--email <address>', description: 'the address of its owner', required: true })
  email(address: string): string {
    return address
  }

  @Option({ flags: '--password <password>', description: 'left out: one is made up and printed once' })
  password(password: string): string {
    return password
  }

  @Option({
    flags: '--did-web',
    description: 'its DID is did:web and the handle, with a document that this server serves',
  })
  didWeb(): boolean {
    return true
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog account create --handle alice.test --email alice@example.com'],
      '0 created · 1 failed · 2 wrong usage',
    )
  }
}
