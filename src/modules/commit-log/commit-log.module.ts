import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
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
export class CommitLogModule implements OnApplicationShutdown {
  constructor(@Inject(SeqFloor) private readonly floor: SeqFloor) {}

  onApplicationShutdown(): void {
    this.floor.close()
  }
}
