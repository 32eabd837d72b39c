import { Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { type Config, type TracingSettings, VERSION } from '../config/config.js'
import { setTracing } from './spans.js'

/** How long the last spans may take to get out. */
const LAST_MS = 2_000

/**
 * Sends spans to a collector, by OTLP over HTTP. The packages for it are loaded only where the settings name one, so that a
 * server without has nothing of it in memory.
 */
@Injectable()
export class TraceExport implements OnApplicationShutdown {
  private constructor(private readonly stop: () => Promise<void>) {}

  static async start({ tracing, serviceDid }: Config): Promise<TraceExport> {
    return tracing ? TraceExport.to(tracing, serviceDid) : new TraceExport(() => Promise.resolve())
  }

  private static async to(settings: TracingSettings, serviceDid: string): Promise<TraceExport> {
    const { endpoint, headers, serviceName, ratio } = settings
    const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ])
    const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers })
    const provider = new sdk.TracerProvider({
      resource: resourceFromAttributes({
        'service.name': serviceName,
        'service.version': VERSION,
        'service.instance.id': serviceDid,
      }),
      // Whoever has begun a trace has decided whether it is kept.
      sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(ratio) }),
      spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
    })
    const own = { api, tracer: provider.getTracer('skylog', VERSION) }
    setTracing(own)
    return new TraceExport(async () => {
      const current = setTracing(null)
      // Another server of this process has taken over.
      if (current !== own) setTracing(current)
      await Promise.race([provider.shutdown(), new Promise((resolve) => setTimeout(resolve, LAST_MS).unref())])
    })
  }

  /** A collector that is away does not keep the server from stopping. */
  async onApplicationShutdown(): Promise<void> {
    await this.stop().catch(() => {})
  }
}
