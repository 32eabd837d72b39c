import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { ActionLog } from '../audit/action-log.js'
import { AdminGuard } from '../auth/guards.js'
import { Actor } from '../auth/viewer.js'
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
    private readonly actions: ActionLog,
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
  async add(@Body() asked: AskedPeer, @Actor() actor: string): Promise<Peer> {
    const peer = await this.commands.execute(new AddPeer(asked))
    await this.actions.noteDone({ actor, action: 'add-peer', subject: peer.url, reason: peer.direction })
    return peer
  }

  /** Body: `{who, direction}`, an address and what it is a peer to, which may be left out. Answers the peer that was. */
  @Post('/admin/peers/remove')
  @HttpCode(200)
  async remove(
    @Body() body: { who?: unknown; direction?: unknown } | undefined,
    @Actor() actor: string,
  ): Promise<Peer> {
    const { who, direction = null } = body ?? {}
    if (typeof who !== 'string' || (direction !== null && !isDirection(direction)))
      throw invalidRequest('expected {who: the address of a peer, direction: pull, push or accept}')
    const peer = await this.commands.execute(new RemovePeer(who, direction))
    await this.actions.noteDone({ actor, action: 'remove-peer', subject: peer.url, reason: peer.direction })
    return peer
  }
}
