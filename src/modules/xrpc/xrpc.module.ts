import { Module } from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { NotImplementedController } from './not-implemented.controller.js'
import { XrpcErrorFilter } from './xrpc-error.filter.js'

@Module({
  controllers: [NotImplementedController],
  providers: [{ provide: APP_FILTER, useClass: XrpcErrorFilter }],
})
export class XrpcModule {}
