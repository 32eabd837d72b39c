import { Module } from '@nestjs/common'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { Secrets } from '../config/secrets.js'
import { Database } from '../database/database.js'
import { SafeFetch } from '../identity/safe-fetch.js'
import { ServerAddress } from '../identity/server-address.js'
import { PeerStates } from '../replication/peer-states.js'
import { ReplicationModule } from '../replication/replication.module.js'
import { Arrivals } from './arrivals.js'
import { DoctorController } from './doctor.controller.js'
import { Doctor } from './doctor.js'
import { Patient, type RunningParts } from './patient.js'

/** What is the matter with this server, and what to do about it. */
@Module({
  imports: [ReplicationModule],
  controllers: [DoctorController],
  providers: [
    Arrivals,
    Doctor,
    {
      provide: Patient,
      inject: [Config, Clock, Secrets, Database, SafeFetch, ServerAddress, PeerStates, Arrivals],
      useFactory: (
        config: Config,
        clock: Clock,
        secrets: Secrets,
        database: Database,
        fetch: SafeFetch,
        ...[address, peers, arrivals]: [ServerAddress, PeerStates, Arrivals]
      ): Patient => ({
        ...{ config, clock, secrets, database, fetch },
        running: { address, peers, arrivals } satisfies RunningParts,
      }),
    },
  ],
})
export class DoctorModule {}
