import { Module } from '@nestjs/common'
import { Config } from '../config/config.js'
import { TraceExport } from './trace-export.js'

/** What the server does, part by part, for whoever collects that. */
@Module({
  providers: [{ provide: TraceExport, inject: [Config], useFactory: (config: Config) => TraceExport.start(config) }],
})
export class TracingModule {}
