import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Database } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { PeerStates } from './peer-states.js'
import { type Direction, parsePeerUrl, type Peer, Peers } from './peers.js'

/** Ends what there is with a peer, as {@link Peers.remove}; what was had from it stays. */
export class RemovePeer extends Command<Peer> {
  constructor(
    /** Its address. */
    readonly who: string,
    /** Null where it is a peer in one direction only. */
    readonly direction: Direction | null,
  ) {
    super()
  }
}

@CommandHandler(RemovePeer)
export class RemovePeerHandler implements ICommandHandler<RemovePeer> {
  constructor(
    private readonly database: Database,
    private readonly peers: Peers,
    private readonly states: PeerStates,
  ) {}

  /** Gives the peer that was. @throws XrpcError 400 PeerNotFound; InvalidRequest where it is not certain which is meant. */
  async execute({ who, direction }: RemovePeer): Promise<Peer> {
    const url = parsePeerUrl(who)
    const of = (await this.peers.list(direction ?? undefined)).filter((peer) => peer.url === url)
    const [peer] = of
    if (of.length > 1)
      throw invalidRequest(`${url} is a peer to ${of.map((one) => one.direction).join(' and to ')}: say which of these`)
    const removed = peer && (await this.database.write((tx) => this.peers.remove(tx, url, peer.direction)))
    if (!removed) throw invalidRequest(`there is no peer ${url}${direction ? ` to ${direction}` : ''}`, 'PeerNotFound')
    this.states.forget(peer.id)
    return peer
  }
}
