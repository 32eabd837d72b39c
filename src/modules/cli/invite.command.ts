import { Command, CommandRunner, Help } from 'nest-commander'
import { InviteCreateCommand } from './invite-create.command.js'
import { InviteListCommand } from './invite-list.command.js'

@Command({
  name: 'invite',
  description: 'Create and list the invite codes of this server.',
  subCommands: [InviteCreateCommand, InviteListCommand],
})
export class InviteCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true })
  }

  @Help('after')
  more(): string {
    return '\nExit codes: 0 fine · 1 failed · 2 wrong usage'
  }
}
