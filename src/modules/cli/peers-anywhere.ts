/** What commands do with the peers of a data directory: by the server that runs on it if there is one, or here. */
import { CommandBus } from '@nestjs/cqrs'
import type { Config } from '../config/config.js'
import { AddPeer } from '../replication/add-peer.js'
import type { AskedPeer } from '../replication/asked-peer.js'
import type { PeerReport } from '../replication/peers.controller.js'
import { type Direction, type Peer, Peers } from '../replication/peers.js'
import { RemovePeer } from '../replication/remove-peer.js'
import { online } from './running-server.js'

/** A peer as it is; its state is null where no server runs. */
export type KnownPeer = Omit<PeerReport, 'state'> & { state: PeerReport['state'] | null }

/** @throws as the handler of {@link AddPeer}; Error with what the server says against it */
export function addPeer(asked: AskedPeer, config: Config): Promise<Peer> {
  return online(
    config,
    async (server) => (await (await server.post('/admin/peers', asked)).json()) as Peer,
    (app) => app.get(CommandBus, { strict: false }).execute(new AddPeer(asked)),
  )
}

/** @throws as the handler of {@link RemovePeer}; Error with what the server says against it */
export function removePeer(who: string, direction: Direction | null, config: Config): Promise<Peer> {
  return online(
    config,
    async (server) => (await (await server.post('/admin/peers/remove', { who, direction })).json()) as Peer,
    (app) => app.get(CommandBus, { strict: false }).execute(new RemovePeer(who, direction)),
  )
}

/** All peers, in the order in which they came. @throws Error with what the server says against it */
export function knownPeers(config: Config): Promise<KnownPeer[]> {
  return online<KnownPeer[]>(
    config,
    async (server) => ((await (await server.get('/admin/peers')).json()) as { peers: PeerReport[] }).peers,
    async (app) => {
      const peers = await app.get(Peers, { strict: false }).listWithUsage()
      return peers.map((peer) => ({ ...peer, state: null }))
    },
  )
}
