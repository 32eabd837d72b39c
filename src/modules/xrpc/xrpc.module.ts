import { Module } from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { XrpcErrorFilter } from './xrpc-error.filter.js'

@Module({ providers: [{ provide: APP_FILTER, useClass: XrpcErrorFilter }] })
export class XrpcModule {}
