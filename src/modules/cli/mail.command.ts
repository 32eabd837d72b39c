import { Command, CommandRunner, Help } from 'nest-commander'
import { MailTestCommand } from './mail-test.command.js'

@Command({ name: 'mail', description: 'Try the settings for mail out.', subCommands: [MailTestCommand] })
export class MailCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true })
  }

  @Help('after')
  more(): string {
    return '\nExit codes: 0 fine · 1 failed · 2 wrong usage'
  }
}
