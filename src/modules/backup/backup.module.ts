import { Module } from '@nestjs/common'
import { RepoModule } from '../repo/repo.module.js'
import { BackupController } from './backup.controller.js'
import { BackupStatus } from './backup-status.js'
import { Backups } from './backups.js'
import { Chains } from './chains.js'
import { RestoredBlobs } from './restored-blobs.js'
import { RestoredServer } from './restored-server.js'
import { Shipping } from './shipping.js'

/** Copies of the whole data directory, made while the server writes to it. */
@Module({
  imports: [RepoModule],
  controllers: [BackupController],
  providers: [BackupStatus, Backups, Chains, RestoredBlobs, RestoredServer, Shipping],
  exports: [BackupStatus, Backups],
})
export class BackupModule {}
