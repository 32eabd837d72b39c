import { type ChildProcess, fork, type StdioOptions } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Calls } from './calls.js'
import { HeldTime, momentOf, spanOf } from './held-time.js'
import { nodeForIt } from './node-for-it.js'
import type { Asked, Told } from './network-process.js'
import type { TestClock, TestMail, TestNetwork, TestNetworkOptions, TestServer, Time } from './test-network.js'

/** Characters that are kept of what the other process has to complain of: the last ones. */
const MAX_SAID = 20_000

/** Memory for what is new as it comes to be in the end: growing into it, while it starts, takes a tenth of the start. */
const FLAGS = ['--min-semi-space-size=16']

/** Starts a network in a process of its own. @throws Error with what that has said, when it does not come up */
export async function startIsolatedNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const { time, ...rest } = options
  const asked = time === undefined ? rest : { ...rest, time: momentOf(time) }
  const line = new Line(entry())
  const { pds, now } = await line.ask<{ pds: TestServer[]; now: number }>('start', asked)
  return new IsolatedNetwork(line, pds, now)
}

/** The program that runs the network: beside this one. */
function entry(): string {
  return fileURLToPath(new URL('./network-process.js', import.meta.url))
}

class IsolatedNetwork implements TestNetwork {
  readonly clock: TestClock
  private readonly calls = new Calls()
  private closing: Promise<void> | undefined

  constructor(
    private readonly line: Line,
    readonly pds: readonly TestServer[],
    now: number,
  ) {
    this.clock = new DistantClock(line, now)
  }

  get url(): string {
    return this.pds[0]!.url
  }

  get plcUrl(): string {
    return this.url
  }

  createAccount: TestNetwork['createAccount'] = (account = {}) => this.calls.createAccount(this.pds, account)

  signIn: TestNetwork['signIn'] = ({ service = this.url, handle, password }) =>
    this.calls.signIn(service, handle, password)

  seed: TestNetwork['seed'] = async (people) => {
    const planted = await this.line.ask<{ handle: string; password: string; service: string }[]>('seed', people)
    return Promise.all(planted.map((account) => this.signIn(account)))
  }

  mails(): Promise<TestMail[]> {
    return this.line.ask<TestMail[]>('mails')
  }

  settled(): Promise<void> {
    return this.line.ask<void>('settled')
  }

  close(): Promise<void> {
    this.calls.close()
    return (this.closing ??= this.line.end())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** The wall clock, also where a test puts another `Date` in its place later on. */
const wall = Date.now

/** The clock of the other process, which is asked for every change, and what it says here by the same wall clock. */
class DistantClock implements TestClock {
  private readonly time = new HeldTime(wall)

  constructor(
    private readonly line: Line,
    now: number,
  ) {
    this.time.set(now)
  }

  now(): number {
    return this.time.now()
  }

  async advance(ms: number): Promise<void> {
    this.time.set(await this.line.ask<number>('advance', spanOf(ms)))
  }

  async set(time: Time): Promise<void> {
    this.time.set(await this.line.ask<number>('set', momentOf(time)))
  }

  async freeze(): Promise<void> {
    const now = await this.line.ask<number>('freeze')
    this.time.freeze()
    this.time.set(now)
  }

  async resume(): Promise<void> {
    const now = await this.line.ask<number>('resume')
    this.time.resume()
    this.time.set(now)
  }
}

/** Questions to the other process and its answers. */
class Line {
  private readonly child: ChildProcess
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  private readonly ended: Promise<void>
  private asked = 0
  private said = ''

  constructor(entry: string) {
    // Flags of this process (--test, --inspect) are not the other one's.
    const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', 'ipc']
    this.child = fork(entry, [], { execPath: nodeForIt(), execArgv: FLAGS, stdio })
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => this.note(text))
    this.child.on('message', (told: Told) => this.answer(told))
    this.ended = new Promise((resolve) => {
      this.child
        .on('error', (error) => this.note(error.message))
        .on('close', () => {
          for (const { reject } of this.waiting.values()) reject(new Error(`the network has ended. ${this.said}`))
          this.waiting.clear()
          resolve()
        })
    })
  }

  ask<Value>(what: Asked['what'], value?: unknown): Promise<Value> {
    const id = ++this.asked
    return new Promise((resolve, reject) => {
      if (!this.child.connected) return reject(new Error(`the network has ended. ${this.said}`))
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.child.send({ id, what, value } satisfies Asked)
    })
  }

  /** Resolves when the process is gone. */
  async end(): Promise<void> {
    if (this.child.connected) await this.ask('close')
    await this.ended
  }

  private note(text: string): void {
    this.said = (this.said + text).slice(-MAX_SAID)
  }

  private answer({ id, value, error }: Told): void {
    const { resolve, reject } = this.waiting.get(id)!
    this.waiting.delete(id)
    if (error === undefined) resolve(value)
    else reject(Object.assign(new Error(error.message), error.fields, { name: error.name }))
  }
}
