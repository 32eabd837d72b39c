/** A proxy with a certificate before a server, as good or as bad as a test wants it. */
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { project } from './source-files.js'

const folder = join(project, 'test/fixtures/tls')

/** What signs the certificates that are good. */
export const authority = readFileSync(join(folder, 'ca.pem'), 'utf8')

export interface ProxyOptions {
  certificate?: 'good' | 'elsewhere' | 'expired' | 'self-signed'
  /** Whether it passes WebSockets on. */
  upgrades?: boolean
  /** Largest body that it takes. */
  maxBody?: number
  /** What it does with X-Forwarded-For: adds the client's address · passes on what the client says · leaves it out. */
  forwardedFor?: 'add' | 'pass' | 'none'
  /** The Host that the server is told; the client's unless told. */
  host?: string
}

export class TlsProxy {
  /** Where it goes to, http://…; null: it has no server behind it. */
  target: string | null = null
  options: ProxyOptions = {}

  private constructor(private readonly server: Server) {}

  static async start(options: ProxyOptions = {}): Promise<TlsProxy> {
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
    const server = createServer({ key: read('server.key'), cert: read(`${options.certificate ?? 'good'}.pem`) })
    const proxy = new TlsProxy(server)
    proxy.options = options
    server.on('request', (from, to) => proxy.pass(from, to))
    server.on('upgrade', (from: IncomingMessage, socket: Socket, head: Buffer) => proxy.upgrade(from, socket, head))
    await new Promise<void>((ready) => server.listen(0, ready))
    return proxy
  }

  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((closed) => this.server.close(closed))
  }

  private headers(from: IncomingMessage): Record<string, string | string[] | undefined> {
    const { forwardedFor = 'add', host } = this.options
    const said = from.headers['x-forwarded-for']
    const added = [said, from.socket.remoteAddress].filter(Boolean).join(', ')
    return {
      ...from.headers,
      ...(host !== undefined && { host }),
      'x-forwarded-for': forwardedFor === 'add' ? added : forwardedFor === 'pass' ? said : undefined,
    }
  }

  private pass(from: IncomingMessage, to: ServerResponse): void {
    const { maxBody = Infinity } = this.options
    if (this.target === null) return void to.writeHead(502).end()
    if (Number(from.headers['content-length']) > maxBody) return void to.writeHead(413, { connection: 'close' }).end()
    const headers = Object.entries(this.headers(from)).filter(([, value]) => value !== undefined)
    const onward = request(this.target + from.url!, {
      method: from.method,
      headers: Object.fromEntries(headers) as Record<string, string>,
    })
    onward.on('response', (answer) => answer.pipe(to.writeHead(answer.statusCode!, answer.headers)))
    onward.on('error', () => to.destroy())
    from.pipe(onward)
  }

  private upgrade(from: IncomingMessage, socket: Socket, head: Buffer): void {
    const { upgrades = true } = this.options
    if (!upgrades || this.target === null)
      return void socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
    const { hostname, port } = new URL(this.target)
    const onward = connect(Number(port), hostname, () => {
      const headers = Object.entries(this.headers(from)).filter(([, value]) => value !== undefined)
      onward.write(
        `GET ${from.url} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')}\r\n`,
      )
      onward.write(head)
      socket.pipe(onward).pipe(socket)
    })
    onward.on('error', () => socket.destroy())
    socket.on('error', () => onward.destroy())
  }
}
