import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What was asked of the service. */
export interface Asked {
  method: string
  url: string
  headers: IncomingHttpHeaders
}

export type Answering = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** A service of somebody else on a port of this machine, under a did:web; each test says how it answers. */
export class ChatService {
  readonly asked: Asked[] = []
  /** How often its DID document was asked for. */
  resolved = 0
  answer: Answering = (request, response) => sendJson(request, response, 200, { convos: [] })

  private constructor(private readonly server = createServer()) {
    server.on('request', (request, response) => {
      if (request.url === '/.well-known/did.json') {
        this.resolved++
        return sendJson(request, response, 200, this.document)
      }
      this.asked.push({ method: request.method!, url: request.url!, headers: request.headers })
      void this.answer(request, response)
    })
  }

  static async start(): Promise<ChatService> {
    const service = new ChatService()
    await new Promise<void>((ready) => service.server.listen(0, 'localhost', ready))
    return service
  }

  get did(): string {
    return `did:web:localhost%3A${this.port}`
  }

  get url(): string {
    return `http://localhost:${this.port}`
  }

  get last(): Asked {
    return this.asked.at(-1)!
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((closed) => this.server.close(closed))
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  private get document(): object {
    const service = { id: '#bsky_chat', type: 'BskyChatService', serviceEndpoint: this.url }
    return { id: this.did, service: [service, { ...service, id: '#no_web', serviceEndpoint: 'ftp://localhost' }] }
  }
}

/** Takes all that was sent, and answers with JSON. */
export function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string | string[]> = {},
): void {
  request.resume().on('end', () => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  })
}

/** All bytes of a message. */
export async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of message as AsyncIterable<Buffer>) pieces.push(piece)
  return Buffer.concat(pieces)
}
