import { CommandRunner, Help, Option, SubCommand } from 'nest-commander'
import { type Did, isDid } from '../../repo-engine/index.js'
import type { AskedPeer } from '../replication/asked-peer.js'
import { parseByteSize } from './byte-size.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes, WrongUsage } from './options.js'
import { peerJson, peerText } from './peer-text.js'
import { directionOf, type DirectionOptions, readUsage } from './peer-usage.js'

interface AddOptions extends DataOptions, DirectionOptions {
  did?: Did[]
  followed?: boolean
  relay?: boolean
  maxAccounts?: number
  maxBytes?: number
  maxRate?: number
  json?: boolean
}

@SubCommand({
  name: 'add',
  arguments: '<url-or-did>',
  argsDescription: { 'url-or-did': 'another server; or an account, to have it from the server that it is on' },
  description:
    'Make another server a peer.\n\n' +
    'All of its repositories are kept here, or those that are named, or those that accounts here follow. A server that is ' +
    'a peer for named ones already gets more of them by another add; for anything else, remove it first. A push brings ' +
    'over every repository that is here, and then whatever happens. Where a server runs on the data directory, that ' +
    'server begins with it at once.',
})
@Takes(DATA, JSON_OUTPUT)
export class PeerAddCommand extends CommandRunner {
  async run([who]: string[], options: AddOptions): Promise<void> {
    const { did: dids, followed, relay, maxAccounts, maxBytes, maxRate } = options
    const direction = directionOf(options) ?? 'pull'
    const asked: AskedPeer = { who: who!, direction, dids, relay, maxAccounts, maxBytes, maxRate }
    if (followed) asked.repos = 'followed'
    const { parseAskedPeer } = await import('../replication/asked-peer.js')
    readUsage(() => parseAskedPeer(asked))
    const { addPeer } = await import('./peers-anywhere.js')
    const peer = await addPeer(asked, configOf(options))
    console.log(options.json ? JSON.stringify(peerJson(peer), null, 2) : peerText(`Peer ${peer.url}`, peer))
  }

  @Option({ flags: '--pull', description: 'follow it: what happens there is had here (the default)' })
  pull(): boolean {
    return true
  }

  @Option({ flags: '--push', description: 'send it what happens here; it has to accept this server' })
  push(): boolean {
    return true
  }

  @Option({ flags: '--accept', description: 'let it send here what happens there' })
  accept(): boolean {
    return true
  }

  @Option({ flags: '--did <did>', description: 'this repository only; may be given more than once' })
  did(did: string, before: Did[] = []): Did[] {
    if (!isDid(did)) throw new WrongUsage(`--did: not a DID: ${did}`)
    return [...before, did]
  }

  @Option({ flags: '--followed', description: 'the repositories that accounts here follow only' })
  followed(): boolean {
    return true
  }

  @Option({ flags: '--relay', description: 'it passes on what other servers say' })
  relay(): boolean {
    return true
  }

  @Option({ flags: '--max-accounts <n>', description: 'have at most so many repositories from it' })
  maxAccounts(n: string): number {
    return parseQuota('--max-accounts', n)
  }

  @Option({ flags: '--max-bytes <size>', description: 'take in at most so much from it, such as 500MB' })
  maxBytes(size: string): number {
    return parseByteSize('--max-bytes', size)
  }

  @Option({ flags: '--max-rate <n>', description: 'take in at most so many events a second' })
  maxRate(n: string): number {
    return parseQuota('--max-rate', n)
  }

  @Help('after')
  more(): string {
    return helpEnd(
      [
        'skylog peer add pds.example.com --max-bytes 2GB',
        'skylog peer add did:plc:ewvi7nxzyoun6zhxrhs64oiz',
        'skylog peer add https://relay.example.com --followed --relay',
        'skylog peer add https://backup.example.com --push',
      ],
      '0 added · 1 failed, and nothing has changed · 2 wrong usage',
    )
  }
}

function parseQuota(option: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new WrongUsage(`${option}: not a number: ${text}`)
  return Number(text)
}
