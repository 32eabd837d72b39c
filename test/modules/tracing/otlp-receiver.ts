import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** A span as it was sent. */
export interface SentSpan {
  traceId: string
  spanId: string
  /** Empty for the first of a trace. */
  parentSpanId: string
  name: string
  /** As OTLP counts them: 1 internal, 2 server, 3 client. */
  kind: number
  attributes: Record<string, unknown>
  /** Nanoseconds. */
  start: bigint
  end: bigint
  /** 2: it went wrong. */
  status: number
}

interface Value {
  stringValue?: string
  intValue?: number | string
  doubleValue?: number
  boolValue?: boolean
}

interface KeyValue {
  key: string
  value: Value
}

interface Payload {
  resourceSpans: {
    resource: { attributes: KeyValue[] }
    scopeSpans: {
      spans: {
        traceId: string
        spanId: string
        parentSpanId?: string
        name: string
        kind: number
        attributes: KeyValue[]
        startTimeUnixNano: string
        endTimeUnixNano: string
        status: { code?: number }
      }[]
    }[]
  }[]
}

/** A collector that takes OTLP as JSON over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp), and keeps it. */
export class OtlpReceiver {
  readonly spans: SentSpan[] = []
  /** Attributes of whoever sends. */
  resource: Record<string, unknown> = {}
  /** Of each request: its path, and the headers that it came with. */
  readonly requests: { path: string; headers: NodeJS.Dict<string | string[]> }[] = []
  /** All that came, as it came. */
  text = ''

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OtlpReceiver> {
    const server = createServer((request, response) => {
      const pieces: Buffer[] = []
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => {
        const body = Buffer.concat(pieces)
        receiver.requests.push({ path: request.url!, headers: request.headers })
        receiver.take((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString())
        response.setHeader('content-type', 'application/json').end('{}')
      })
    })
    const receiver = new OtlpReceiver(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** The one span of a name. @throws Error where there are none, or several */
  only(name: string): SentSpan {
    const found = this.spans.filter((span) => span.name === name)
    if (found.length !== 1) throw new Error(`${found.length} spans ${name} of ${this.spans.map((span) => span.name)}`)
    return found[0]!
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((done) => this.server.close(done))
  }

  private take(text: string): void {
    this.text += text
    for (const { resource, scopeSpans } of (JSON.parse(text) as Payload).resourceSpans) {
      this.resource = record(resource.attributes)
      for (const { spans } of scopeSpans)
        for (const { parentSpanId = '', attributes, startTimeUnixNano, endTimeUnixNano, status, ...span } of spans)
          this.spans.push({
            ...span,
            parentSpanId,
            attributes: record(attributes),
            start: BigInt(startTimeUnixNano),
            end: BigInt(endTimeUnixNano),
            status: status.code ?? 0,
          })
    }
  }
}

function record(attributes: KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => [
      key,
      stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue) : Number(intValue)),
    ]),
  )
}
