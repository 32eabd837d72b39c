import { Command, CommandRunner, Help } from 'nest-commander'
import { KeysRotateCommand } from './keys-rotate.command.js'

@Command({
  name: 'keys',
  description: 'Replace the keys that sign for accounts, and for their identities.',
  subCommands: [KeysRotateCommand],
})
export class KeysCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true })
  }

  @Help('after')
  more(): string {
    return '\nExit codes: 0 fine · 1 failed · 2 wrong usage'
  }
}
