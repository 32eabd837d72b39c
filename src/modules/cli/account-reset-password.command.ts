import { CommandRunner, Help, SubCommand } from 'nest-commander'
import { findAccount } from './find-account.js'
import { section } from './format.js'
import { newPassword } from './new-password.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'

interface ResetOptions extends DataOptions {
  json?: boolean
}

@SubCommand({
  name: 'reset-password',
  arguments: '<handle-or-did>',
  argsDescription: { 'handle-or-did': 'an account here' },
  description:
    'Make up another password for an account, and end all of its sessions.\n\n' +
    'A second factor stays (see account factors). The server may be running.',
})
@Takes(DATA, JSON_OUTPUT)
export class AccountResetPasswordCommand extends CommandRunner {
  async run([who]: string[], options: ResetOptions): Promise<void> {
    const config = configOf(options)
    const { did, handle } = await findAccount(who!, config)
    const password = newPassword()
    const { setPassword } = await import('./account-security-anywhere.js')
    await setPassword(did, password, config)
    const made = { did, handle, password }
    if (options.json) console.log(JSON.stringify(made, null, 2))
    else console.log(`${section('Password reset', Object.entries(made))}\nThe password is shown this once.`)
  }

  @Help('after')
  more(): string {
    return helpEnd(['skylog account reset-password alice.test'], '0 reset · 1 failed · 2 wrong usage')
  }
}
