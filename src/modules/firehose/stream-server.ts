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
import { AddressList, clientAddress } from '../config/address-list.js'
import { Config } from '../config/config.js'
import { isPublicAddress } from '../identity/public-address.js'
import { networkOf } from '../rate-limit/network.js'
import { toXrpcError } from '../xrpc/xrpc-error.filter.js'
import type { FollowedLog } from './log-tail.js'
import { CLOSE, Subscriber } from './subscriber.js'

/** Subscribers of all streams together. */
const MAX_SUBSCRIBERS = 2_000
/** Subscribers from one network on the internet. Behind a proxy that is not trusted all come from one, which is not public. */
const MAX_PER_ADDRESS = 50
const PING_MS = 30_000
/** How long those who are told that the server stops may take. */
const GOODBYE_MS = 1_000

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
  log: NumberedLog
  upgrades: WebSocketServer
  /** Bytes that those were sent who have left. */
  sent: number
  accepted: number
}

/** What the positions of subscribers are positions of. */
type NumberedLog = Pick<FollowedLog, 'lastSeq'>

/** Those who are at one path, and what there was since the start. */
export interface StreamFigures {
  path: string
  subscribers: SubscriberFigures[]
  /** How many there have been. */
  accepted: number
  /** Bytes that all of them were sent. */
  sent: number
}

export interface SubscriberFigures {
  network: string
  connectedSeconds: number
  /** Up to which number of the log everything is sent, and how many have been given out since; null before it has begun. */
  position: number | null
  lag: number | null
  /** Bytes. */
  sent: number
}

/** Where WebSockets come in: each path has its stream, and everything about connections that is the same for all is here. */
@Injectable()
export class StreamServer implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Streams')
  private readonly routes = new Map<string, Route>()
  /** Everybody who is connected or served, and when that has ended. */
  private readonly subscribers = new Map<Subscriber, Promise<void>>()
  private pings: NodeJS.Timeout | undefined
  private stopping = false
  private readonly proxies: AddressList

  constructor(
    private readonly http: HttpAdapterHost,
    { trustedProxies }: Config,
  ) {
    this.proxies = new AddressList(trustedProxies)
  }

  /** Says who serves a path, and from which log; `maxMessageBytes` is the most that a subscriber may send at once. */
  serve(path: string, log: NumberedLog, maxMessageBytes: number, open: OpenStream): void {
    const upgrades = new WebSocketServer({
      noServer: true,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      clientTracking: false,
    })
    this.routes.set(path, { open, log, upgrades, sent: 0, accepted: 0 })
  }

  onApplicationBootstrap(): void {
    // A command line has the rooms of a server, and no server.
    const server = this.http.httpAdapter?.getHttpServer() as Server | undefined
    if (!server) return
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
      this.upgrade(request, socket, head),
    )
    this.pings = setInterval(() => {
      for (const subscriber of this.subscribers.keys()) subscriber.ping()
    }, PING_MS).unref()
  }

  /** How many subscribers there are. */
  get count(): number {
    return this.subscribers.size
  }

  /** Who is there, path by path. */
  async figures(): Promise<StreamFigures[]> {
    const figures: StreamFigures[] = []
    for (const [path, { log, accepted, sent }] of this.routes) {
      const last = await log.lastSeq()
      const here = [...this.subscribers.keys()].filter((subscriber) => subscriber.path === path)
      figures.push({
        path,
        subscribers: here.map((subscriber) => figuresOf(subscriber, last)),
        accepted,
        sent: here.reduce((sum, subscriber) => sum + subscriber.sent, sent),
      })
    }
    return figures
  }

  /**
   * Everybody is told, so that they come back to the next start at once. When it is done, nobody reads the log any more:
   * after this the database closes.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true
    clearInterval(this.pings)
    const { subscribers } = this
    for (const subscriber of subscribers.keys()) subscriber.end(CLOSE.goingAway, 'the server stops')
    const late = setTimeout(() => {
      for (const subscriber of subscribers.keys()) subscriber.cut()
    }, GOODBYE_MS)
    await Promise.all(subscribers.values())
    clearTimeout(late)
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
    const forwardedFor = request.headers['x-forwarded-for']
    const address = clientAddress(socket.remoteAddress ?? '', forwardedFor && String(forwardedFor), this.proxies)
    if (this.stopping) return refuse(socket, 503, 'NotEnoughResources', 'the server stops')
    if (this.subscribers.size >= MAX_SUBSCRIBERS)
      return refuse(socket, 503, 'NotEnoughResources', 'too many subscribers')
    const network = networkOf(address)
    if (isPublicAddress(address) && this.countOf(network) >= MAX_PER_ADDRESS)
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
      const subscriber = new Subscriber(webSocket, socket, network, url.pathname)
      route.accepted++
      this.subscribers.set(subscriber, this.run(subscriber, route, stream))
    })
  }

  private async run(subscriber: Subscriber, route: Route, stream: Stream): Promise<void> {
    try {
      await stream(subscriber)
    } catch (error) {
      this.logger.error(error)
      subscriber.end(CLOSE.internal, 'internal error')
    }
    await subscriber.closed
    this.subscribers.delete(subscriber)
    route.sent += subscriber.sent
  }

  private countOf(network: string): number {
    let count = 0
    for (const subscriber of this.subscribers.keys()) if (subscriber.network === network) count++
    return count
  }
}

function figuresOf({ network, since, position, sent }: Subscriber, last: number): SubscriberFigures {
  const connectedSeconds = (performance.now() - since) / 1000
  return { network, connectedSeconds, position, lag: position === null ? null : Math.max(0, last - position), sent }
}

/** Answers a request that does not become a stream. The connection ends with it, whatever the other end does. */
function refuse(socket: Socket, status: number, error: string, message: string): void {
  const body = JSON.stringify({ error, message })
  socket.write(
    `HTTP/1.1 ${status} ${error}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
  socket.destroySoon()
}

function queryOf({ searchParams }: URL): StreamRequest['query'] {
  const query = new Map<string, string[]>()
  for (const [name, value] of searchParams) {
    const values = query.get(name)
    if (values) values.push(value)
    else query.set(name, [value])
  }
  return Object.fromEntries([...query].map(([name, values]) => [name, values.length === 1 ? values[0]! : values]))
}
