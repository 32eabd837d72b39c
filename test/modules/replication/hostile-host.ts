import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Frame } from '../../../src/modules/commit-log/frame.js'
import { encodeCbor } from '../../../src/repo-engine/index.js'
import type { ForeignAccount } from './foreign-account.js'

/** Answers a request in place of the host. */
export type Reply = (response: ServerResponse, url: URL) => void

/** A server that is followed: as honest as any, until a test has it say something else. */
export class HostileHost {
  readonly accounts = new Map<string, ForeignAccount>()
  /** Why accounts are not active, by DID. */
  readonly statuses = new Map<string, string>()
  /** By the last word of a method: how it answers now. */
  readonly replies = new Map<string, Reply>()
  /** Methods that were asked for, newest last. */
  readonly asked: string[] = []
  /** The newest number. */
  seq = 0
  /** Takes a subscriber in place of the host; false: the host shall. */
  welcome: (socket: WebSocket, cursor: number | null) => boolean = () => false
  /** Answers whoever wants to subscribe in place of the host; false: the host shall. */
  upgrade: (socket: Duplex) => boolean = () => false
  /** How often anybody has connected, and how often to the stream. */
  connections = 0
  streams = 0
  private readonly frames: { seq: number; frame: Buffer }[] = []
  private readonly sockets = new WebSocketServer({ noServer: true })

  private constructor(private readonly server: Server) {}

  static async start(): Promise<HostileHost> {
    const server = createServer()
    const host = new HostileHost(server)
    server.on('request', (request, response) => host.answer(request, response))
    server.on('connection', () => host.connections++)
    server.on('upgrade', (request, socket, head) => {
      if (host.upgrade(socket)) return
      host.sockets.handleUpgrade(request, socket, head, (webSocket) => host.subscribe(webSocket, request))
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    return host
  }

  /** Its origin. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  get subscribers(): WebSocket[] {
    return [...this.sockets.clients]
  }

  async close(): Promise<void> {
    this.hangUp()
    this.server.closeAllConnections()
    await new Promise((closed) => this.server.close(closed))
  }

  /** Cuts every stream. */
  hangUp(): void {
    for (const socket of this.sockets.clients) socket.terminate()
  }

  /** Says something under the next number, and keeps it for those who come later. */
  emit(frame: Frame, seq = this.seq + 1): void {
    this.seq = Math.max(this.seq, seq)
    const bytes = frame(seq, '2026-01-02T03:04:05.678Z')
    this.frames.push({ seq, frame: bytes })
    this.send(bytes)
  }

  /** Says something of no kind that anybody knows, under the next number. */
  mumble(): void {
    this.emit((seq) => frameOf({ op: 1, t: '#mumble' }, { seq }))
  }

  /** Sends a message as it is to whoever listens now. */
  send(message: Buffer | string): void {
    for (const socket of this.sockets.clients) socket.send(message)
  }

  /** Forgets all that it has said. */
  forget(seq = 0): void {
    this.frames.length = 0
    this.seq = seq
  }

  private subscribe(socket: WebSocket, { url }: IncomingMessage): void {
    socket.on('error', () => undefined)
    this.streams++
    const cursor = new URL(url!, this.url).searchParams.get('cursor')
    const after = cursor === null ? null : Number(cursor)
    if (this.welcome(socket, after)) return
    if (after !== null && after > this.seq) {
      socket.send(frameOf({ op: -1 }, { error: 'FutureCursor', message: 'Cursor in the future.' }))
      socket.close()
    } else if (after !== null) for (const { seq, frame } of this.frames) if (seq > after) socket.send(frame)
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, this.url)
    const method = url.pathname.split('.').pop()!
    this.asked.push(method)
    const reply = this.replies.get(method)
    if (reply) return reply(response, url)
    const did = url.searchParams.get('did') ?? ''
    const account = this.accounts.get(did)
    const status = this.statuses.get(did)
    if (method === 'listRepos') return json(response, 200, { repos: this.listed() })
    if (method === 'resolveHandle') return this.resolve(response, url.searchParams.get('handle'))
    if (!account) return json(response, 400, { error: 'RepoNotFound', message: `Could not find repo for DID: ${did}` })
    const { rev, cid } = account.head
    if (method === 'getRepoStatus') return json(response, 200, { did, active: !status, ...(status && { status }), rev })
    if (status) return json(response, 400, { error: `Repo${status[0]!.toUpperCase()}${status.slice(1)}` })
    if (method === 'getLatestCommit') return json(response, 200, { cid: cid.toString(), rev })
    if (method === 'getRepo') return void response.end(this.export(account, url.searchParams.get('since')))
    json(response, 404, { error: 'MethodNotImplemented' })
  }

  private listed(): object[] {
    return [...this.accounts.values()].map(({ did, head }) => {
      const status = this.statuses.get(did)
      return { did, head: head.cid.toString(), rev: head.rev, active: !status, ...(status && { status }) }
    })
  }

  private resolve(response: ServerResponse, handle: string | null): void {
    const account = [...this.accounts.values()].find((one) => one.handle === handle)
    if (account) json(response, 200, { did: account.did })
    else json(response, 400, { error: 'HandleNotFound' })
  }

  private export(account: ForeignAccount, since: string | null): Buffer {
    const base = account.commits.find(({ rev }) => rev === since)
    return account.car(account.head, base)
  }
}

/** A frame of a header and a body. */
export function frameOf(header: Parameters<typeof encodeCbor>[0], body: Parameters<typeof encodeCbor>[0]): Buffer {
  return Buffer.concat([encodeCbor(header), encodeCbor(body)])
}

export function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
