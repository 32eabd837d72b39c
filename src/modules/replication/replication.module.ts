import { Module } from '@nestjs/common'
import { CqrsModule } from '@nestjs/cqrs'
import { AddPeerHandler } from './add-peer.js'
import { PeerStates } from './peer-states.js'
import { PeersController } from './peers.controller.js'
import { Peers } from './peers.js'
import { RemovePeerHandler } from './remove-peer.js'

/** Repositories of other servers kept here, and those here sent to other servers. */
@Module({
  imports: [CqrsModule],
  controllers: [PeersController],
  providers: [Peers, PeerStates, AddPeerHandler, RemovePeerHandler],
  exports: [Peers, PeerStates],
})
export class ReplicationModule {}
