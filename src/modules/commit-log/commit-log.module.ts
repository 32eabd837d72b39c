import { Global, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { CommitLog } from './commit-log.js'
import { SeqFloor } from './seq-floor.js'

@Global()
@Module({
  providers: [
    CommitLog,
    {
      provide: SeqFloor,
      inject: [Config, Clock],
      useFactory: (config: Config, clock: Clock) => SeqFloor.open(config.dataDirectory, clock.now()),
    },
  ],
  exports: [CommitLog],
})
export class CommitLogModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly floor: SeqFloor,
    private readonly database: Database,
    private readonly log: CommitLog,
  ) {}

  /** Broken own state stops the server before it answers anyone. */
  async onModuleInit(): Promise<void> {
    await this.log.assertHeads()
  }

  /** The mark is closed behind the last write, whatever order the modules go down in. */
  async onApplicationShutdown(): Promise<void> {
    await this.database.close()
    this.floor.close()
  }
}
