import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

/** What was asked of a generator. */
export interface Asked {
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
}

/** A feed generator under a did:web of localhost, which answers as a test says. */
export class GeneratorStub {
  readonly asked: Asked[] = []
  /** Answers by method: status, body, headers; 501 for what is not among them. */
  answers: Record<string, (asked: Asked) => [status: number, body: unknown, headers?: Record<string, string>]> = {}
  service = { id: '#bsky_fg', type: 'BskyFeedGenerator' }

  private constructor(private readonly server: Server) {}

  static async start(): Promise<GeneratorStub> {
    const server = createServer()
    const stub = new GeneratorStub(server)
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const url = new URL(request.url!, 'http://localhost')
      let body = ''
      for await (const chunk of request) body += String(chunk)
      const asked = { path: url.pathname, query: url.searchParams, headers: request.headers, body }
      const nsid = url.pathname.slice('/xrpc/'.length)
      const [status, sent, headers = {}] =
        url.pathname === '/.well-known/did.json'
          ? [200, stub.document]
          : (stub.answers[nsid]?.(asked) ?? [501, { error: 'MethodNotImplemented' }])
      if (url.pathname !== '/.well-known/did.json') stub.asked.push(asked)
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(typeof sent === 'string' ? sent : JSON.stringify(sent))
    }
    server.on('request', (request, response) => void answer(request, response))
    await new Promise<void>((ready) => server.listen(0, 'localhost', ready))
    return stub
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get did(): string {
    return `did:web:localhost%3A${this.port}`
  }

  private get document(): object {
    return { id: this.did, service: [{ ...this.service, serviceEndpoint: `http://localhost:${this.port}` }] }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((closed) => this.server.close(closed))
  }
}
