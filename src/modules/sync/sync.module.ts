import { Module } from '@nestjs/common'
import { RepoModule } from '../repo/repo.module.js'
import { RepoExports } from './repo-exports.js'
import { SyncController } from './sync.controller.js'

@Module({ imports: [RepoModule], controllers: [SyncController], providers: [RepoExports], exports: [RepoExports] })
export class SyncModule {}
