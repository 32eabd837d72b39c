/** The servers that repositories are had from or sent to. */
import { hasProblem } from '../../replication/peer-problem.js'
import { Peers } from '../../replication/peers.js'
import { type Check, ofDatabase } from '../check.js'
import { counted, type Finding, ok, orElse, warning } from '../finding.js'

export const PEERS: Check[] = [
  ofDatabase('peers', async (database, { clock, running }) => {
    const peers = await new Peers(database, clock).list()
    if (peers.length === 0) return [ok('there are no peers')]
    const found = peers.flatMap((peer): Finding[] => {
      const state = running?.peers.of(peer.id) ?? null
      if (!hasProblem({ ...peer, state }, clock.now())) return []
      return [
        warning(
          `${peer.url} (${peer.direction}): ${peer.lastError ?? 'it is waited for'}`,
          `\`skylog peer status ${peer.url}\` says more; \`skylog peer remove ${peer.url}\` does without it.`,
        ),
      ]
    })
    return orElse(found, `all is well with ${counted(peers.length, 'peer')}`)
  }),
]
