import { Module } from '@nestjs/common'
import { APP_INTERCEPTOR } from '@nestjs/core'
import { ViewerGuard } from '../auth/viewer.guard.js'
import { LexiconModule } from '../lexicon/lexicon.module.js'
import { CallHeaders } from './call-headers.js'
import { ProxyPatience } from './exchange.js'
import { PassThrough } from './pass-through.js'
import { ProxyHeader } from './proxy-header.js'
import { ProxyInterceptor } from './proxy.interceptor.js'
import { ServiceCalls } from './service-calls.js'
import { UnservedController } from './unserved.controller.js'

/** Calls to other services: those that clients want passed on, and those that rooms here make for accounts. */
@Module({
  imports: [LexiconModule],
  controllers: [UnservedController],
  providers: [
    CallHeaders,
    ServiceCalls,
    PassThrough,
    ProxyPatience,
    ProxyHeader,
    ViewerGuard,
    { provide: APP_INTERCEPTOR, useClass: ProxyInterceptor },
  ],
  exports: [CallHeaders, ServiceCalls],
})
export class ProxyModule {}
