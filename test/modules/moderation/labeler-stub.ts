import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { type DataMap, encodeCbor, type SigningKey } from '../../../src/repo-engine/index.js'
import { frameOf } from '../replication/hostile-host.js'

/** A labeler that says whatever a test has it say (com.atproto.label.subscribeLabels). */
export class LabelerStub {
  /** The cursors that were asked for, newest last. */
  readonly cursors: (string | null)[] = []
  /** Takes a subscriber in its place; false: it shall. */
  welcome: (socket: WebSocket, cursor: string | null) => boolean = () => false
  private readonly frames: { seq: number; frame: Buffer }[] = []
  private readonly sockets = new WebSocketServer({ noServer: true })

  private constructor(private readonly server: Server) {}

  static async start(): Promise<LabelerStub> {
    const server = createServer((_, response) => response.writeHead(404).end())
    const stub = new LabelerStub(server)
    server.on('upgrade', (request, socket, head) =>
      stub.sockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('error', () => undefined)
        const cursor = new URL(request.url!, stub.url).searchParams.get('cursor')
        stub.cursors.push(cursor)
        if (stub.welcome(webSocket, cursor)) return
        for (const { seq, frame } of stub.frames) if (cursor !== null && seq > Number(cursor)) webSocket.send(frame)
      }),
    )
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    return stub
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Says labels under a number, and keeps them for those who come later. */
  emit(seq: number, ...labels: DataMap[]): void {
    const frame = frameOf({ op: 1, t: '#labels' }, { seq, labels })
    this.frames.push({ seq, frame })
    this.send(frame)
  }

  /** Sends a message as it is to whoever listens now. */
  send(message: Buffer | string): void {
    for (const socket of this.sockets.clients) socket.send(message)
  }

  hangUp(): void {
    for (const socket of this.sockets.clients) socket.terminate()
  }

  async close(): Promise<void> {
    this.hangUp()
    this.server.closeAllConnections()
    await new Promise((closed) => this.server.close(closed))
  }
}

/** A label of a source as it is sent; signed, where there is a key. */
export function label(src: string, uri: string, val: string, more: DataMap = {}, key?: SigningKey): DataMap {
  const said = { ver: 1, src, uri, val, cts: '2026-01-02T03:04:05.678Z', ...more }
  return key ? { ...said, sig: key.sign(encodeCbor(said)) } : said
}
