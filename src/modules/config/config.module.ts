import { type DynamicModule, Global, Module } from '@nestjs/common'
import { Clock } from './clock.js'
import { Config } from './config.js'
import { Secrets } from './secrets.js'

@Global()
@Module({})
export class ConfigModule {
  /** Makes the given settings, and the secrets that belong to their data directory, available everywhere. */
  static with(config: Config): DynamicModule {
    return {
      module: ConfigModule,
      providers: [
        Clock,
        { provide: Config, useValue: config },
        { provide: Secrets, useFactory: () => Secrets.load(config) },
      ],
      exports: [Config, Secrets, Clock],
    }
  }
}
