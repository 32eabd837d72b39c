import { Module } from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { RequestCounts } from './request-counts.js'
import { XrpcErrorFilter } from './xrpc-error.filter.js'

@Module({ providers: [{ provide: APP_FILTER, useClass: XrpcErrorFilter }, RequestCounts], exports: [RequestCounts] })
export class XrpcModule {}
