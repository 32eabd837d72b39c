import { CommandRunner, Help, SubCommand } from 'nest-commander'
import { Clock } from '../config/clock.js'
import { hasProblem } from '../replication/peer-problem.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'
import { lagOf, statusText } from './peer-text.js'
import { readUsage } from './peer-usage.js'

interface StatusOptions extends DataOptions {
  json?: boolean
}

@SubCommand({
  name: 'status',
  arguments: '[url]',
  argsDescription: { url: 'this peer only' },
  description:
    'Show how it stands with the peers.\n\n' +
    'What is going on, how far each has come and how far it is behind, how much of it is here, and what went wrong last. A ' +
    'peer has a problem when it is waiting to be tried again, or has had an error within the last hour.',
})
@Takes(DATA, JSON_OUTPUT)
export class PeerStatusCommand extends CommandRunner {
  async run([who]: string[], options: StatusOptions): Promise<void> {
    const { parsePeerUrl } = await import('../replication/peers.js')
    const url = who === undefined ? null : readUsage(() => parsePeerUrl(who))
    const { knownPeers } = await import('./peers-anywhere.js')
    const peers = (await knownPeers(configOf(options))).filter((peer) => url === null || peer.url === url)
    if (url !== null && peers.length === 0) throw new Error(`there is no peer ${url}`)
    const now = new Clock().now()
    const shown = peers.map((peer) => ({ ...peer, lag: lagOf(peer), problem: hasProblem(peer, now) }))
    if (options.json) console.log(JSON.stringify(shown, null, 2))
    else console.log(peers.map((peer) => statusText(peer, now)).join('\n\n') || 'There are no peers.')
    if (shown.some(({ problem }) => problem)) process.exitCode = 1
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog peer status', 'skylog peer status pds.example.com --json'],
      '0 fine · 1 failed, or a peer has a problem · 2 wrong usage',
    )
  }
}
