import { Command, CommandRunner, Help } from 'nest-commander'
import { AccountAdoptCommand } from './account-adopt.command.js'
import { AccountCodesCommand } from './account-codes.command.js'
import { AccountConfirmEmailCommand } from './account-confirm-email.command.js'
import { AccountCreateCommand } from './account-create.command.js'
import { AccountDeleteCommand } from './account-delete.command.js'
import { AccountFactorsCommand } from './account-factors.command.js'
import { AccountListCommand } from './account-list.command.js'
import { AccountResetPasswordCommand } from './account-reset-password.command.js'

@Command({
  name: 'account',
  description: 'Create, adopt, list and delete the accounts of this server, and let their owners in.',
  subCommands: [
    AccountCreateCommand,
    AccountAdoptCommand,
    AccountListCommand,
    AccountDeleteCommand,
    AccountCodesCommand,
    AccountConfirmEmailCommand,
    AccountResetPasswordCommand,
    AccountFactorsCommand,
  ],
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
