import { Command, CommandRunner, Help } from 'nest-commander'
import { PeerAddCommand } from './peer-add.command.js'
import { PeerListCommand } from './peer-list.command.js'
import { PeerRemoveCommand } from './peer-remove.command.js'
import { PeerStatusCommand } from './peer-status.command.js'

@Command({
  name: 'peer',
  description: 'Have repositories from other servers, and send those here to others.',
  subCommands: [PeerAddCommand, PeerListCommand, PeerRemoveCommand, PeerStatusCommand],
})
export class PeerCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true })
  }

  @Help('after')
  more(): string {
    return '\nExit codes: 0 fine · 1 failed, or a peer has a problem · 2 wrong usage'
  }
}
