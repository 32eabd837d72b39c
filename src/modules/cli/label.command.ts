import { Command, CommandRunner, Help } from 'nest-commander'
import { LabelAddCommand } from './label-add.command.js'
import { LabelRemoveCommand } from './label-remove.command.js'

@Command({
  name: 'label',
  description: 'Say something of accounts and records, in the name of this server.',
  subCommands: [LabelAddCommand, LabelRemoveCommand],
})
export class LabelCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true })
  }

  @Help('after')
  more(): string {
    return '\nExit codes: 0 fine · 1 failed · 2 wrong usage'
  }
}
