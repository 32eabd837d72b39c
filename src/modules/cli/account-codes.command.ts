import { CommandRunner, Help, SubCommand } from 'nest-commander'
import type { LivingCode } from '../account/email-codes.js'
import { Clock } from '../config/clock.js'
import { findAccount, readDatabase } from './find-account.js'
import { counted, duration, table } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'

interface CodesOptions extends DataOptions {
  json?: boolean
}

@SubCommand({
  name: 'codes',
  arguments: '[handle-or-did]',
  argsDescription: { 'handle-or-did': 'an account here; left out: all' },
  description:
    'Show the codes that accounts have asked for and that still work, newest first.\n\n' +
    'Without a mail server this is how they reach people: be sure whom you tell one. The server may be running.',
})
@Takes(DATA, JSON_OUTPUT)
export class AccountCodesCommand extends CommandRunner {
  async run([who]: string[], options: CodesOptions): Promise<void> {
    const config = configOf(options)
    const { livingCodes } = await import('../account/email-codes.js')
    const account = who === undefined ? null : await findAccount(who, config)
    const now = new Clock().now()
    const codes = await readDatabase(config, (reader) => livingCodes(reader, account?.did ?? null, now))
    console.log(options.json ? JSON.stringify(codes, null, 2) : codesText(codes, now))
  }

  @Help('after')
  more(): string {
    return helpEnd(['skylog account codes', 'skylog account codes alice.test'], '0 fine · 1 failed · 2 wrong usage')
  }
}

function codesText(codes: LivingCode[], now: number): string {
  const rows = codes.map(({ handle, purpose, code, expiresAt }) => [
    handle,
    purpose,
    code,
    `for ${duration((expiresAt - now) / 1000)}`,
  ])
  return table(counted(codes.length, 'code'), ['purpose', 'code', 'works'], rows)
}
