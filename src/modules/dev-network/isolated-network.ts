import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Calls } from './calls.js'
import { HeldTime } from './held-time.js'
import { nodeForIt } from './node-for-it.js'
import type { Asked, Told } from './network-process.js'
import type { TestClock, TestMail, TestNetwork, TestNetworkOptions, TestServer, Time } from './test-network.js'

/** Starts a network in a process of its own. @throws Error with what that has said, when it does not come up */
export async function startIsolatedNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const line = new Line(entry())
  const { pds, now } = await line.ask<{ pds: TestServer[]; now: number }>('start', options)
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

/** The clock of the other process, and what it says here: both go by the wall clock of this machine. */
class DistantClock implements TestClock {
  private readonly time = new HeldTime(() => Date.now())

  constructor(
    private readonly line: Line,
    now: number,
  ) {
    this.time.set(now)
  }

  now(): number {
    return this.time.now()
  }

  advance(ms: number): Promise<void> {
    return this.set(this.now() + ms)
  }

  set(time: Time): Promise<void> {
    this.time.set(time)
    return this.line.ask('set', this.now())
  }

  freeze(): Promise<void> {
    this.time.freeze()
    return this.line.ask('freeze', this.now())
  }

  resume(): Promise<void> {
    this.time.resume()
    return this.line.ask('resume', this.now())
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
    this.child = fork(entry, [], { execPath: nodeForIt(), execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.said += text))
    this.child.on('message', (told: Told) => this.answer(told))
    this.ended = new Promise((resolve) => {
      this.child
        .on('error', (error) => (this.said += error.message))
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

  private answer({ id, value, error }: Told): void {
    const { resolve, reject } = this.waiting.get(id)!
    this.waiting.delete(id)
    if (error === undefined) resolve(value)
    else reject(Object.assign(new Error(error.message), error.fields, { name: error.name }))
  }
}
