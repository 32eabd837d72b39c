import { randomInt } from 'node:crypto'
import { Module } from '@nestjs/common'
import { CqrsModule } from '@nestjs/cqrs'
import { TidClock } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { CommitWriter } from './commit-writer.js'
import { CompactLogHandler } from './compact-log.js'
import { ImportRepoHandler } from './import-repo.js'
import { ImportPieces } from './import-pieces.js'
import { ImportStaging } from './import-staging.js'
import { ImportController } from './import.controller.js'
import { LogController } from './log.controller.js'
import { RepoGenesis } from './repo-genesis.js'
import { RepoQueries } from './repo-queries.js'
import { RepoTips } from './repo-tips.js'
import { RepoReadController, RepoWriteController } from './repo.controller.js'
import { RestoreRecordsHandler } from './restore-records.js'
import { RestoreController } from './restore.controller.js'
import { WriteRecordsHandler } from './write-records.js'

@Module({
  imports: [CqrsModule],
  controllers: [RepoReadController, RepoWriteController, ImportController, LogController, RestoreController],
  providers: [
    // Two processes that may ever write to one repository need different clock ids.
    {
      provide: TidClock,
      inject: [Clock],
      useFactory: (clock: Clock) => new TidClock(() => clock.now(), randomInt(1024)),
    },
    RepoTips,
    RepoQueries,
    RepoGenesis,
    CommitWriter,
    ImportStaging,
    ImportPieces,
    WriteRecordsHandler,
    ImportRepoHandler,
    CompactLogHandler,
    RestoreRecordsHandler,
  ],
  exports: [RepoQueries, RepoGenesis, RepoTips, ImportStaging],
})
export class RepoModule {}
