import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AtpAgent } from '@atproto/api'
import type { INestApplication } from '@nestjs/common'
import { startServer } from '../../src/app.module.js'
import { Clock } from '../../src/modules/config/clock.js'
import { Config } from '../../src/modules/config/config.js'

/** What a server has answered. */
export interface Answer<Body = Record<string, unknown>> {
  status: number
  body: Body
}

export interface Ask {
  /** Authorization header: a bearer token, or a whole header that has a space in it. */
  auth?: string
  body?: unknown
}

/** A whole server in this process, on a port and in a directory of its own. */
export class TestServer {
  private moved = 0

  private constructor(
    readonly url: string,
    readonly directory: string,
    private readonly running: Awaited<ReturnType<typeof startServer>>,
    private readonly env: Record<string, string>,
  ) {
    const clock = this.get(Clock)
    clock.now = () => Date.now() + this.moved
  }

  static async start(
    env: Record<string, string> = {},
    directory = mkdtempSync(join(tmpdir(), 'skylog-')),
  ): Promise<TestServer> {
    const config = Config.fromEnv({ PDS_PORT: '0', PDS_DATA_DIRECTORY: directory, LOG_LEVEL: 'fatal', ...env })
    const running = await startServer(config)
    // Whatever name it goes by, it is here.
    const { port } = (running.app as INestApplication<Server>).getHttpServer().address() as AddressInfo
    return new TestServer(`http://localhost:${port}`, directory, running, env)
  }

  /** A provider of the server. */
  get<T>(type: Function & { prototype: T }): T {
    return this.running.app.get<T>(type, { strict: false })
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.moved += ms
  }

  agent(): AtpAgent {
    return new AtpAgent({ service: this.url })
  }

  /** A procedure. */
  post(nsid: string, { auth, body }: Ask = {}): Promise<Answer> {
    return this.ask(nsid, 'POST', auth, body)
  }

  /** A query; `params` is the query string. */
  query(nsid: string, { auth, params = '' }: { auth?: string; params?: string } = {}): Promise<Answer> {
    return this.ask(`${nsid}${params}`, 'GET', auth)
  }

  /** A new account `<name>.test` with the password `<name>-password`. */
  async createAccount(name: string): Promise<{ did: string; handle: string; accessJwt: string; refreshJwt: string }> {
    const body = { handle: `${name}.test`, email: `${name}@example.com`, password: `${name}-password` }
    const answer = await this.post('com.atproto.server.createAccount', { body })
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    return answer.body as never
  }

  /** Ends it and starts another one on the same directory. */
  async restart(env = this.env): Promise<TestServer> {
    await this.running.close()
    return TestServer.start(env, this.directory)
  }

  /** Ends it and leaves its directory. */
  async stop(): Promise<void> {
    await this.running.close()
  }

  async close(): Promise<void> {
    await this.running.close()
    rmSync(this.directory, { recursive: true, force: true })
  }

  private async ask(path: string, method: string, auth?: string, body?: unknown): Promise<Answer> {
    const headers: Record<string, string> = {}
    if (auth !== undefined) headers.authorization = auth.includes(' ') ? auth : `Bearer ${auth}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    const response = await fetch(`${this.url}/xrpc/${path}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
    } as RequestInit)
    const text = await response.text()
    return { status: response.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} }
  }
}
