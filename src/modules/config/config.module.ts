import { type DynamicModule, Global, Module } from '@nestjs/common'
import { Clock } from './clock.js'
import { Config } from './config.js'
import { Secrets } from './secrets.js'

@Global()
@Module({})
export class ConfigModule {
  /**
   * Makes the given settings, and the secrets that belong to their data directory, available everywhere.
   * @throws ConfigError as {@link Secrets.load}
   */
  static with(config: Config): DynamicModule {
    return {
      module: ConfigModule,
      providers: [
        config.throwAway ? { provide: Clock, useValue: config.throwAway.clock } : Clock,
        { provide: Config, useValue: config },
        { provide: Secrets, useValue: Secrets.load(config) },
      ],
      exports: [Config, Secrets, Clock],
    }
  }
}
