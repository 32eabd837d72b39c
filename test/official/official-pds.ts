/** The official PDS as a child, for as long as a test needs it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AtpAgent } from '@atproto/api'
import Sqlite from 'better-sqlite3'

const SCRIPT = fileURLToPath(new URL('../../scripts/official-pds.mjs', import.meta.url))

export class OfficialPds {
  url = ''
  did = ''
  readonly directory = mkdtempSync(join(tmpdir(), 'official-'))
  private child: ChildProcess | null = null
  private port = '0'

  private constructor(
    private readonly plc: string,
    private readonly serviceDid: string,
  ) {}

  static async start(plc: string, did = 'did:web:official.test'): Promise<OfficialPds> {
    // It follows no URL that has an address for a host.
    const pds = new OfficialPds(plc.replace('127.0.0.1', 'localhost'), did)
    await pds.launch()
    return pds
  }

  get data(): string {
    return join(this.directory, 'pds')
  }

  get env(): string {
    return join(this.directory, 'pds.env')
  }

  /** Starts it, also after {@link kill} or {@link stop}, where it was. @throws Error with what it says when it does not */
  async launch(): Promise<void> {
    const options = { data: this.data, plc: this.plc, port: this.port, did: this.serviceDid, env: this.env }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    const child = spawn(process.execPath, [SCRIPT, 'start', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    const ready = once(child.stdout.setEncoding('utf8'), 'data')
    const ended = once(child, 'exit').then(() => Promise.reject(new Error(`the official PDS did not start: ${said}`)))
    ended.catch(() => undefined)
    const [line] = (await Promise.race([ready, ended])) as [string]
    Object.assign(this, JSON.parse(line))
    this.port = new URL(this.url).port
    this.child = child
  }

  kill(): Promise<void> {
    return this.end('SIGKILL')
  }

  stop(): Promise<void> {
    return this.end('SIGTERM')
  }

  async dispose(): Promise<void> {
    await this.kill()
    rmSync(this.directory, { recursive: true, force: true })
  }

  agent(): AtpAgent {
    return new AtpAgent({ service: this.url })
  }

  /** A new account `<name>.test`, signed in. */
  async signUp(name: string): Promise<AtpAgent> {
    const agent = this.agent()
    await agent.createAccount({ handle: `${name}.test`, email: `${name}@example.com`, password: `${name}-password` })
    return agent
  }

  /** The code that was mailed to an account, which has no mail server to go to. */
  code(did: string, purpose: string): string {
    const database = new Sqlite(join(this.data, 'account.sqlite'), { readonly: true })
    try {
      const row = database.prepare('SELECT token FROM email_token WHERE did = ? AND purpose = ?').get(did, purpose)
      return (row as { token: string }).token
    } finally {
      database.close()
    }
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
}
