import { CommandRunner, Help, SubCommand } from 'nest-commander'
import { findAccount } from './find-account.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'

interface ConfirmOptions extends DataOptions {
  json?: boolean
}

@SubCommand({
  name: 'confirm-email',
  arguments: '<handle-or-did>',
  argsDescription: { 'handle-or-did': 'an account here' },
  description:
    'Take the address of an account for confirmed.\n\n' +
    'For servers without mail, or when mail does not arrive. The server may be running.',
})
@Takes(DATA, JSON_OUTPUT)
export class AccountConfirmEmailCommand extends CommandRunner {
  async run([who]: string[], options: ConfirmOptions): Promise<void> {
    const config = configOf(options)
    const account = await findAccount(who!, config)
    const { confirmEmail } = await import('./account-security-anywhere.js')
    await confirmEmail(account.did, config)
    if (options.json) console.log(JSON.stringify(account, null, 2))
    else console.log(`Confirmed ${account.email} of ${account.handle}`)
  }

  @Help('after')
  more(): string {
    return helpEnd(['skylog account confirm-email alice.test'], '0 confirmed · 1 failed · 2 wrong usage')
  }
}
