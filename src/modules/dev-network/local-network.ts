import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommandBus } from '@nestjs/cqrs'
import { type RunningServer, startServer } from '../../app.module.js'
import { Config } from '../config/config.js'
import { environmentNames } from '../config/environment.js'
import { Secrets } from '../config/secrets.js'
import type { KeptMail, ThrowAway } from '../config/throw-away.js'
import { Database } from '../database/database.js'
import { AddPeer } from '../replication/add-peer.js'
import { Calls } from './calls.js'
import { NetworkClock } from './network-clock.js'
import { idle, settled } from './settled.js'
import type { TestMail, TestNetwork, TestNetworkOptions, TestServer } from './test-network.js'

const MAX_SERVERS = 20
/** What no settings can say otherwise: the network would not be one. */
const OWN = ['PDS_PORT', 'PORT', 'PDS_DATA_DIRECTORY', 'PDS_HOSTNAME', 'PDS_DID_PLC_URL', 'PDS_SERVICE_HANDLE_DOMAINS']

/** Starts a network in this process; `onMail` is told of mails as they come. @throws ConfigError, RangeError; the error that keeps a server from listening */
export async function startNetwork(
  options: TestNetworkOptions,
  onMail: (mail: TestMail) => void = () => undefined,
): Promise<TestNetwork> {
  const { pds: count = 1, settings = {}, time, seed } = options
  if (!Number.isInteger(count) || count < 1 || count > MAX_SERVERS)
    throw new RangeError(`pds: a network has 1 to ${MAX_SERVERS} servers`)
  const known = environmentNames()
  for (const name of Object.keys(settings)) {
    if (OWN.includes(name)) throw new RangeError(`settings: ${name} is up to the network`)
    if (!known.includes(name)) throw new RangeError(`settings: there is no ${name}`)
  }
  const network = new LocalNetwork(onMail)
  try {
    if (time !== undefined) await network.clock.set(time)
    await network.start(count, settings, options.port ?? 0)
    if (seed) await network.seed(seed === true ? undefined : seed)
    return network
  } catch (error) {
    await network.close()
    throw error
  }
}

class LocalNetwork implements TestNetwork {
  readonly clock = new NetworkClock()
  readonly pds: TestServer[] = []
  private readonly running: RunningServer[] = []
  private readonly kept: TestMail[] = []
  private readonly calls = new Calls()
  private readonly directory = temporaryDirectory()
  private closing: Promise<void> | undefined

  constructor(private readonly onMail: (mail: TestMail) => void) {}

  get url(): string {
    return this.pds[0]!.url
  }

  /** The first server has the directory embedded. */
  get plcUrl(): string {
    return this.url
  }

  async start(count: number, settings: Readonly<Record<string, string>>, port: number): Promise<void> {
    const rest = Array.from({ length: count - 1 }, (_, i) => i + 2)
    this.add(await this.startServer(1, settings, port))
    const started = await Promise.allSettled(rest.map((n) => this.startServer(n, settings, port && port + n - 1)))
    for (const server of started) if (server.status === 'fulfilled') this.add(server.value)
    for (const server of started) if (server.status === 'rejected') throw server.reason
    const urls = this.pds.map(({ url }) => url)
    for (const [i, { app }] of this.running.entries())
      for (const who of urls.toSpliced(i, 1)) await app.get(CommandBus, { strict: false }).execute(new AddPeer({ who }))
  }

  createAccount: TestNetwork['createAccount'] = (account = {}) => this.calls.createAccount(this.pds, account)

  signIn: TestNetwork['signIn'] = ({ service = this.url, handle, password }) =>
    this.calls.signIn(service, handle, password)

  async seed(people?: number): ReturnType<TestNetwork['seed']> {
    const { plant } = await import('./seed/plant.js')
    return plant(this, people)
  }

  async mails(): ReturnType<TestNetwork['mails']> {
    await idle(this.databases, () => this.clock.now())
    return [...this.kept]
  }

  async settled(): Promise<void> {
    await settled(this.databases, () => this.clock.now())
  }

  close(): Promise<void> {
    return (this.closing ??= this.closeOnce())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private async closeOnce(): Promise<void> {
    this.calls.close()
    const ends = await Promise.allSettled(this.running.map((server) => server.close()))
    removeTemporary(this.directory)
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** @throws Error when it is closed */
  private get databases(): Database[] {
    if (this.closing) throw new Error('the network has ended')
    return this.running.map(({ app }) => app.get(Database, { strict: false }))
  }

  private startServer(n: number, settings: Readonly<Record<string, string>>, port: number): Promise<RunningServer> {
    const throwAway: ThrowAway = { clock: this.clock, keepMail: (mail) => this.keep(mail) }
    const env = {
      PDS_RATE_LIMITS_ENABLED: 'false',
      LOG_LEVEL: 'error',
      ...settings,
      PDS_PORT: String(port),
      PDS_DATA_DIRECTORY: join(this.directory, `pds${n}`),
      PDS_SERVICE_HANDLE_DOMAINS: handleDomain(n),
      ...(n > 1 && { PDS_DID_PLC_URL: this.url }),
    }
    return startServer(Config.fromEnv(env, throwAway))
  }

  private keep(mail: KeptMail): void {
    const kept = { ...mail, code: /[A-Z2-7]{5}-[A-Z2-7]{5}/.exec(mail.text)?.[0] ?? null }
    this.kept.push(kept)
    this.onMail(kept)
  }

  private add(server: RunningServer): void {
    const { url, app } = server
    this.running.push(server)
    this.pds.push({
      url,
      firehoseUrl: `${url.replace('http', 'ws')}/xrpc/com.atproto.sync.subscribeRepos`,
      handleDomain: handleDomain(this.running.length),
      adminPassword: app.get(Secrets, { strict: false }).adminPassword,
    })
  }
}

/** Nobody has to ask elsewhere whose a name under `.test` is, so the others have domains below it. */
function handleDomain(n: number): string {
  return n === 1 ? '.test' : `.pds${n}.test`
}

/** Of networks that are running: whoever ends without closing them leaves nothing behind. */
const temporary = new Set<string>()

function temporaryDirectory(): string {
  if (temporary.size === 0) process.on('exit', removeAll)
  const directory = mkdtempSync(join(tmpdir(), 'skylog-'))
  temporary.add(directory)
  return directory
}

function removeTemporary(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
  temporary.delete(directory)
  if (temporary.size === 0) process.off('exit', removeAll)
}

function removeAll(): void {
  for (const directory of temporary) rmSync(directory, { recursive: true, force: true })
}
