import { type DynamicModule, Module } from '@nestjs/common'
import { APP_INTERCEPTOR } from '@nestjs/core'
import { Config } from '../config/config.js'
import { Counters } from './counters.js'
import { CallLimit, RequestLimit } from './rate-limit.hooks.js'
import { RateLimits } from './rate-limits.js'

/** Limits of how often anything may be asked for. Where the settings want none there is nothing of it in the way of a request. */
@Module({})
export class RateLimitModule {
  static with({ rateLimits }: Config): DynamicModule {
    if (!rateLimits.enabled) return { module: RateLimitModule }
    const calls = { provide: APP_INTERCEPTOR, useClass: CallLimit }
    return {
      module: RateLimitModule,
      global: true,
      providers: [Counters, RateLimits, RequestLimit, calls],
      exports: [RateLimits],
    }
  }
}
