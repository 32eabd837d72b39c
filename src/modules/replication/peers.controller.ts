import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { AdminGuard } from '../auth/guards.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { AddPeer } from './add-peer.js'
import { type AskedPeer, isDirection } from './asked-peer.js'
import { type PeerState, PeerStates } from './peer-states.js'
import { type Peer, Peers, type PeerUsage } from './peers.js'
import { RemovePeer } from './remove-peer.js'

/** A peer as it is configured, how much of it is here, and what goes on with it. */
export interface PeerReport extends Peer, PeerUsage {
  state: PeerState
}

/** The operator's hold on the peers of this server. */
@Controller()
@UseGuards(AdminGuard)
export class PeersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly peers: Peers,
    private readonly states: PeerStates,
  ) {}

  /** All of them, in the order in which they came. */
  @Get('/admin/peers')
  async list(): Promise<{ peers: PeerReport[] }> {
    const peers = await this.peers.listWithUsage()
    return { peers: peers.map((peer) => ({ ...peer, state: this.states.of(peer.id) })) }
  }

  /** Body: an {@link AskedPeer}. Answers the peer. @throws as the handler of {@link AddPeer} */
  @Post('/admin/peers')
  @HttpCode(200)
  add(@Body() asked: AskedPeer): Promise<Peer> {
    return this.commands.execute(new AddPeer(asked))
  }

  /** Body: `{who, direction}`, an address and what it is a peer to, which may be left out. Answers the peer that was. */
  @Post('/admin/peers/remove')
  @HttpCode(200)
  remove(@Body() body: { who?: unknown; direction?: unknown } | undefined): Promise<Peer> {
    const { who, direction = null } = body ?? {}
    if (typeof who !== 'string' || (direction !== null && !isDirection(direction)))
      throw invalidRequest('expected {who: the address of a peer, direction: pull, push or accept}')
    return this.commands.execute(new RemovePeer(who, direction))
  }
}
