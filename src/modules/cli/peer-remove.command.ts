import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'
import { peerJson } from './peer-text.js'
import { directionOf, type DirectionOptions, readUsage } from './peer-usage.js'

interface RemoveOptions extends DataOptions, DirectionOptions {
  json?: boolean
}

@SubCommand({
  name: 'remove',
  arguments: '<url>',
  argsDescription: { url: 'a server that is a peer' },
  description:
    'End what there is with a peer.\n\n' +
    'Repositories that were had from it stay here, and are not kept up to date any more. Where a server runs on the data ' +
    'directory, that server lets go of it at once.',
})
@Takes(DATA, JSON_OUTPUT)
export class PeerRemoveCommand extends CommandRunner {
  async run([who]: string[], options: RemoveOptions): Promise<void> {
    const direction = directionOf(options)
    const { parsePeerUrl } = await import('../replication/peers.js')
    const url = readUsage(() => parsePeerUrl(who!))
    const { removePeer } = await import('./peers-anywhere.js')
    const peer = await removePeer(url, direction, configOf(options))
    console.log(
      options.json ? JSON.stringify(peerJson(peer), null, 2) : `Removed the peer ${peer.url} to ${peer.direction}`,
    )
  }

  @Option({ flags: '--pull', description: 'do not follow it any more; a direction is needed where it has several' })
  pull(): boolean {
    return true
  }

  @Option({ flags: '--push', description: 'do not send it anything any more' })
  push(): boolean {
    return true
  }

  @Option({ flags: '--accept', description: 'do not let it send here any more' })
  accept(): boolean {
    return true
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog peer remove pds.example.com', 'skylog peer remove https://backup.example.com --push'],
      '0 removed · 1 failed · 2 wrong usage',
    )
  }
}
