import { Command, CommandRunner, Help } from 'nest-commander'
import { ActionListCommand } from './action-list.command.js'

@Command({
  name: 'action',
  description: 'See what was done by the operator and by moderators.',
  subCommands: [ActionListCommand],
})
export class ActionCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true })
  }

  @Help('after')
  more(): string {
    return '\nExit codes: 0 fine · 1 failed · 2 wrong usage'
  }
}
