import { isEmail } from 'class-validator'
import { CommandRunner, Help, SubCommand } from 'nest-commander'
import type { MailTestResult } from '../mail/mail-test.js'
import { section } from './format.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes, WrongUsage } from './options.js'

interface TestOptions extends DataOptions {
  json?: boolean
}

@SubCommand({
  name: 'test',
  arguments: '<address>',
  argsDescription: { address: 'where to' },
  description:
    'Send one mail, and tell what the mail server says to it.\n\n' +
    'With the settings of the server that runs on the data directory, or with those of the environment where none does.',
})
@Takes(DATA, JSON_OUTPUT)
export class MailTestCommand extends CommandRunner {
  async run([address]: string[], options: TestOptions): Promise<void> {
    if (!isEmail(address)) throw new WrongUsage(`${address} is not an email address`)
    const { testMail } = await import('./account-security-anywhere.js')
    const result = await testMail(address!, configOf(options))
    console.log(options.json ? JSON.stringify(result, null, 2) : resultText(result))
    if (!result.sent) process.exitCode = 1
  }

  @Help('after')
  more(): string {
    return helpEnd(['skylog mail test me@example.com'], '0 the mail server has taken it · 1 it has not · 2 wrong usage')
  }
}

function resultText(result: MailTestResult): string {
  const { to, server } = result
  if (result.sent)
    return section('Sent', [
      ['to', to],
      ['by', server],
      ['answer', result.response],
    ])
  return section('Not sent', [
    ['to', to],
    ['by', server],
    ['error', result.error],
    ['advice', result.advice],
  ])
}
