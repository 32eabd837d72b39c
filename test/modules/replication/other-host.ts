import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  path: string
  body: string
}

type Respond = (response: ServerResponse, request: IncomingMessage) => void

/** A host that answers everything alike, and remembers what it was asked. */
export class OtherHost {
  readonly asked: Asked[] = []
  private arrived = (): void => undefined

  private constructor(
    private readonly server: Server,
    /** How it answers. */
    public respond: Respond,
  ) {}

  static async start(respond: Respond = answer(200)): Promise<OtherHost> {
    const server = createServer()
    const host = new OtherHost(server, respond)
    server.on('request', (request, response) => void host.take(request, response))
    await new Promise<void>((ready) => server.listen(0, 'localhost', ready))
    return host
  }

  get hostname(): string {
    return `localhost:${(this.server.address() as AddressInfo).port}`
  }

  get url(): string {
    return `http://${this.hostname}`
  }

  /** Resolves when so many requests have come in all. */
  async times(count: number): Promise<void> {
    while (this.asked.length < count) await new Promise<void>((resolve) => (this.arrived = resolve))
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((closed) => this.server.close(closed))
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    this.asked.push({ path: request.url!, body })
    this.respond(response, request)
    this.arrived()
  }
}

/** Answers with a status, and JSON. */
export function answer(status: number, body: unknown = {}): Respond {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
}
