import { Module } from '@nestjs/common'
import { Peers } from './peers.js'

/** Repositories of other servers kept here, and those here sent to other servers. */
@Module({ providers: [Peers], exports: [Peers] })
export class ReplicationModule {}
