import { join } from 'node:path'
import { CommandRunner, Help, SubCommand } from 'nest-commander'
import type { Peer } from '../replication/peers.js'
import { counted, table } from './format.js'
import { Clock } from '../config/clock.js'
import { configOf, DATA, type DataOptions, helpEnd, JSON_OUTPUT, Takes } from './options.js'
import { peerJson, quotasText, reposText } from './peer-text.js'

interface ListOptions extends DataOptions {
  json?: boolean
}

@SubCommand({
  name: 'list',
  description: 'List the peers and what was asked of each, oldest first.\n\nThe server may be running.',
})
@Takes(DATA, JSON_OUTPUT)
export class PeerListCommand extends CommandRunner {
  async run(_: string[], options: ListOptions): Promise<void> {
    const { dataDirectory } = configOf(options)
    const [{ SqliteDatabase }, { Peers }] = await Promise.all([
      import('../database/sqlite-database.js'),
      import('../replication/peers.js'),
    ])
    const database = await SqliteDatabase.openReadOnly(join(dataDirectory, 'skylog.sqlite'))
    const peers = await new Peers(database, new Clock()).list().finally(() => database.close())
    console.log(options.json ? JSON.stringify(peers.map(peerJson), null, 2) : listText(peers))
  }

  @Help('after')
  more(): string {
    return helpEnd(['skylog peer list --data ./data'], '0 fine · 1 failed · 2 wrong usage')
  }
}

function listText(peers: Peer[]): string {
  const rows = peers.map((peer) => [peer.url, peer.direction, reposText(peer), quotasText(peer) ?? 'no limit'])
  return table(counted(peers.length, 'peer'), ['direction', 'repositories', 'at most'], rows)
}
