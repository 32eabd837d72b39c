import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { WebSocketServer } from 'ws'
import { isPublicAddress } from '../identity/public-address.js'
import { toXrpcError } from '../xrpc/xrpc-error.filter.js'
import { CLOSE, Subscriber } from './subscriber.js'

/** Subscribers of all streams together. */
const MAX_SUBSCRIBERS = 2_000
/** Subscribers from one address on the internet. Behind a proxy all come from one, which is not public. */
const MAX_PER_ADDRESS = 50
const PING_MS = 30_000
/** How long those who are told that the server stops may take. */
const GOODBYE_MS = 500

/** What somebody asks for who wants to subscribe, as it came. */
export interface StreamRequest {
  /** A list where a name comes several times. */
  query: Record<string, string | string[]>
  headers: IncomingHttpHeaders
}

/** Serves one subscriber until nothing is left to say. */
export type Stream = (subscriber: Subscriber) => Promise<void>

/** Gives the stream that is asked for. @throws XrpcError to refuse before the handshake */
export type OpenStream = (request: StreamRequest) => Stream

interface Route {
  open: OpenStream
  upgrades: WebSocketServer
}

/** Where WebSockets come in: each path has its stream, and everything about connections that is the same for all is here. */
@Injectable()
export class StreamServer implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Streams')
  private readonly routes = new Map<string, Route>()
  private readonly subscribers = new Set<Subscriber>()
  private pings: NodeJS.Timeout | undefined
  private stopping = false

  constructor(private readonly http: HttpAdapterHost) {}

  /** Says who serves a path; `maxMessageBytes` is the most that a subscriber may send at once. */
  serve(path: string, maxMessageBytes: number, open: OpenStream): void {
    const upgrades = new WebSocketServer({
      noServer: true,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      clientTracking: false,
    })
    this.routes.set(path, { open, upgrades })
  }

  onApplicationBootstrap(): void {
    // A command line has the rooms of a server, and no server.
    const server = this.http.httpAdapter?.getHttpServer() as Server | undefined
    if (!server) return
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
      this.upgrade(request, socket, head),
    )
    this.pings = setInterval(() => this.subscribers.forEach((subscriber) => subscriber.ping()), PING_MS).unref()
  }

  /** How many subscribers there are. */
  get count(): number {
    return this.subscribers.size
  }

  /** Everybody is told, so that they come back to the next start at once. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true
    clearInterval(this.pings)
    for (const subscriber of this.subscribers) subscriber.end(CLOSE.goingAway, 'the server stops')
    for (let waited = 0; this.subscribers.size > 0 && waited < GOODBYE_MS; waited += 10)
      await new Promise((resolve) => setTimeout(resolve, 10))
    for (const subscriber of this.subscribers) subscriber.cut()
  }

  onApplicationShutdown(): void {
    for (const { upgrades } of this.routes.values()) upgrades.close()
  }

  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // Until the handshake is done, nobody else listens for what may happen to the connection.
    const onError = (): void => void socket.destroy()
    socket.on('error', onError)
    const url = URL.parse(request.url ?? '', 'ws://localhost')
    const route = url && this.routes.get(url.pathname)
    if (!route) return refuse(socket, 404, 'NotFound', 'there is no stream at this path')
    const address = socket.remoteAddress ?? ''
    if (this.stopping || this.subscribers.size >= MAX_SUBSCRIBERS)
      return refuse(socket, 503, 'NotEnoughResources', 'too many subscribers')
    if (isPublicAddress(address) && this.countOf(address) >= MAX_PER_ADDRESS)
      return refuse(socket, 429, 'RateLimitExceeded', 'too many subscribers from this address')
    let stream: Stream
    try {
      stream = route.open({ query: queryOf(url), headers: request.headers })
    } catch (thrown) {
      const { status, error, message } = toXrpcError(thrown)
      if (status >= 500) this.logger.error(thrown)
      return refuse(socket, status, error, message)
    }
    route.upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off('error', onError)
      void this.run(new Subscriber(webSocket, socket, address), stream)
    })
  }

  private async run(subscriber: Subscriber, stream: Stream): Promise<void> {
    this.subscribers.add(subscriber)
    subscriber.onClose(() => this.subscribers.delete(subscriber))
    try {
      await stream(subscriber)
    } catch (error) {
      this.logger.error(error)
      subscriber.end(CLOSE.internal, 'internal error')
    }
  }

  private countOf(address: string): number {
    let count = 0
    for (const subscriber of this.subscribers) if (subscriber.address === address) count++
    return count
  }
}

/** Answers a request that does not become a stream. */
function refuse(socket: Socket, status: number, error: string, message: string): void {
  const body = JSON.stringify({ error, message })
  socket.end(
    `HTTP/1.1 ${status} ${error}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

function queryOf({ searchParams }: URL): StreamRequest['query'] {
  const query: StreamRequest['query'] = {}
  for (const name of new Set(searchParams.keys())) {
    const values = searchParams.getAll(name)
    query[name] = values.length === 1 ? values[0]! : values
  }
  return query
}
