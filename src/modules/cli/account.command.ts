import { Command, CommandRunner, Help } from 'nest-commander'
import { AccountAdoptCommand } from './account-adopt.command.js'
import { AccountCreateCommand } from './account-create.command.js'
import { AccountDeleteCommand } from './account-delete.command.js'
import { AccountListCommand } from './account-list.command.js'

@Command({
  name: 'account',
  description: 'Create, adopt, list and delete the accounts of this server.',
  subCommands: [AccountCreateCommand, AccountAdoptCommand, AccountListCommand, AccountDeleteCommand],
})
export class AccountCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true })
  }

  @Help('after')
  more(): string {
    return '\nExit codes: 0 fine · 1 failed · 2 wrong usage'
  }
}
