import { Command, CommandRunner, Help } from 'nest-commander'
import { ReportListCommand } from './report-list.command.js'
import { ReportResolveCommand } from './report-resolve.command.js'

@Command({
  name: 'report',
  description: 'Look after what accounts have reported.',
  subCommands: [ReportListCommand, ReportResolveCommand],
})
export class ReportCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true })
  }

  @Help('after')
  more(): string {
    return '\nExit codes: 0 fine · 1 failed · 2 wrong usage'
  }
}
