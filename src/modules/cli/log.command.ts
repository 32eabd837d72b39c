import { Command, CommandRunner, Help } from 'nest-commander'
import { LogCompactCommand } from './log-compact.command.js'

@Command({ name: 'log', description: 'Look after the commit log.', subCommands: [LogCompactCommand] })
export class LogCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true })
  }

  @Help('after')
  more(): string {
    return '\nExit codes: 0 fine · 1 failed · 2 wrong usage'
  }
}
