import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import type { FactorState } from '../account/factors/second-factors.js'
import { findAccount, type FoundAccount } from './find-account.js'
import { counted, section } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'

interface FactorsOptions extends DataOptions {
  remove?: boolean
  json?: boolean
}

@SubCommand({
  name: 'factors',
  arguments: '<handle-or-did>',
  argsDescription: { 'handle-or-did': 'an account here' },
  description:
    'Show what a sign-in to an account needs besides its password, or do without it (--remove).\n\n' +
    'For when a phone is lost: be sure who is asking. The server may be running.',
})
@Takes(DATA, JSON_OUTPUT)
export class AccountFactorsCommand extends CommandRunner {
  async run([who]: string[], options: FactorsOptions): Promise<void> {
    const config = configOf(options)
    const account = await findAccount(who!, config)
    const { factorsOf, removeFactors } = await import('./account-security-anywhere.js')
    if (options.remove) await removeFactors(account.did, config)
    const factors = await factorsOf(account.did, config)
    const { did, handle } = account
    console.log(options.json ? JSON.stringify({ did, handle, ...factors }, null, 2) : factorsText(account, factors))
  }

  @Option({ flags: '--remove', description: 'let it in by its password alone, and forget wrong guesses' })
  remove(): boolean {
    return true
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog account factors alice.test', 'skylog account factors alice.test --remove'],
      '0 fine · 1 failed · 2 wrong usage',
    )
  }
}

function factorsText({ handle, email }: FoundAccount, { email: byMail, totp }: FactorState): string {
  return section(handle, [
    ['code by mail', byMail.on ? `on, to ${email}` : 'off'],
    ['authenticator app', totp.on ? `on since ${new Date(totp.since).toISOString()}` : 'off'],
    ['backup codes', totp.on ? `${counted(totp.backupCodesLeft, 'code')} left` : null],
  ])
}
