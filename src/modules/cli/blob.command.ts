import { Command, CommandRunner, Help } from 'nest-commander'
import { BlobScrubCommand } from './blob-scrub.command.js'

@Command({ name: 'blob', description: 'Look after the blobs of the accounts here.', subCommands: [BlobScrubCommand] })
export class BlobCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true })
  }

  @Help('after')
  more(): string {
    return '\nExit codes: 0 fine · 1 problems found, or failed · 2 wrong usage'
  }
}
