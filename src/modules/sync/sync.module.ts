import { Module } from '@nestjs/common'
import { RepoModule } from '../repo/repo.module.js'
import { RepoExports } from './repo-exports.js'
import { RepoLists } from './repo-lists.js'
import { SyncController } from './sync.controller.js'

@Module({
  imports: [RepoModule],
  controllers: [SyncController],
  providers: [RepoExports, RepoLists],
  exports: [RepoExports],
})
export class SyncModule {}
