import { Module } from '@nestjs/common'
import { BackupModule } from '../backup/backup.module.js'
import { BackupStatus } from '../backup/backup-status.js'
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
  imports: [BackupModule, ReplicationModule],
  controllers: [DoctorController],
  providers: [
    Arrivals,
    Doctor,
    {
      provide: Patient,
      inject: [Config, Clock, Secrets, Database, SafeFetch, ServerAddress, PeerStates, Arrivals, BackupStatus],
      useFactory: (
        config: Config,
        clock: Clock,
        secrets: Secrets,
        database: Database,
        fetch: SafeFetch,
        ...[address, peers, arrivals, backups]: [ServerAddress, PeerStates, Arrivals, BackupStatus]
      ): Patient => ({
        ...{ config, clock, secrets, database, fetch },
        running: { address, peers, arrivals, backups } satisfies RunningParts,
      }),
    },
  ],
})
export class DoctorModule {}
