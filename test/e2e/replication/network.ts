/** Servers in processes of their own that can be killed, and lines between them that can be cut. */
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { buildServer, ChildServer, scratchDirectory } from '../../support/crash.js'
import { PlcStub } from '../../support/plc-stub.js'
import { freePort } from '../../support/free-port.js'

const ADMIN_PASSWORD = 'admin-password'

/** A server that keeps its port and its data over any number of lives. */
export class Node {
  private child: ChildServer | undefined

  constructor(
    readonly name: string,
    readonly port: string,
    readonly directory: string,
    private readonly main: string,
    private readonly env: Record<string, string>,
  ) {}

  get url(): string {
    return `http://localhost:${this.port}`
  }

  async start(): Promise<void> {
    const env = { PDS_PORT: this.port, PDS_ADMIN_PASSWORD: ADMIN_PASSWORD, ...this.env }
    this.child = await ChildServer.start(this.main, this.directory, { env })
  }

  async kill(): Promise<void> {
    await this.child?.kill()
  }

  async stop(): Promise<void> {
    await this.child?.stop()
  }

  get output(): string {
    return this.child?.output ?? ''
  }

  /** A request of the operator's. */
  async admin(path: string, body?: object): Promise<string> {
    const response = await fetch(`${this.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${path}: ${text}`)
    return text
  }
}

/** A line to a server, all of whose connections can be cut. */
export class Line {
  private readonly sockets = new Set<Socket>()

  private constructor(private readonly server: Server) {}

  static async to(port: string): Promise<Line> {
    const server = createServer()
    const line = new Line(server)
    server.on('connection', (near) => {
      const far = connect(Number(port), 'localhost')
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        line.sockets.add(from)
        from.pipe(to)
        from.on('error', () => to.destroy()).on('close', () => (line.sockets.delete(from), to.destroy()))
      }
    })
    await new Promise<void>((ready) => server.listen(0, ready))
    return line
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  close(): void {
    this.cut()
    this.server.close()
  }
}

/** One directory of identities, and a build of the server to start nodes of. */
export class Network {
  private constructor(
    private readonly plc: PlcStub,
    private readonly build: Awaited<ReturnType<typeof buildServer>>,
  ) {}

  static async start(): Promise<Network> {
    return new Network(await PlcStub.start(), await buildServer())
  }

  async node(name: string, env: Record<string, string> = {}): Promise<Node> {
    const own = { PDS_DID_PLC_URL: this.plc.url, PDS_SERVICE_HANDLE_DOMAINS: `.${name}.test`, ...env }
    const node = new Node(name, await freePort(), scratchDirectory(), this.build.main, own)
    await node.start()
    return node
  }

  async close(): Promise<void> {
    await this.plc.close()
    this.build.remove()
  }
}
