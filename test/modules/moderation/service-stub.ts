import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ServiceRequest {
  path: string
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
}

/** A moderation service elsewhere, which takes reports. */
export class ServiceStub {
  readonly requests: ServiceRequest[] = []
  /** What it answers with. */
  status = 200

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ServiceStub> {
    const server = createServer()
    const stub = new ServiceStub(server)
    server.on('request', (request, response) => {
      const pieces: Buffer[] = []
      request
        .on('data', (piece: Buffer) => pieces.push(piece))
        .on('end', () => {
          const body = JSON.parse(Buffer.concat(pieces).toString() || '{}') as Record<string, unknown>
          stub.requests.push({ path: request.url!, headers: request.headers, body })
          response.writeHead(stub.status, { 'content-type': 'application/json' }).end('{}')
        })
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    return stub
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((closed) => this.server.close(closed))
  }
}
