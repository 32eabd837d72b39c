import { join } from 'node:path'
import { Global, Logger, Module, type OnApplicationShutdown } from '@nestjs/common'
import { Config } from '../config/config.js'
import { Changes } from './changes.js'
import { Database } from './database.js'
import { SqliteDatabase } from './sqlite-database.js'

@Global()
@Module({
  providers: [
    Changes,
    {
      provide: Database,
      inject: [Config],
      useFactory: (config: Config) => {
        const logger = new Logger('Database')
        const options = { durable: config.throwAway === null }
        return SqliteDatabase.open(join(config.dataDirectory, 'skylog.sqlite'), (error) => logger.error(error), options)
      },
    },
  ],
  exports: [Database, Changes],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly database: Database) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close()
  }
}
