import { setTimeout as sleep } from 'node:timers/promises'
import { Bench, inParallel } from './bench.mjs'
import { metered, ownMb, residentMb } from './machine.mjs'
import { GivenServer, StartedServer } from './server.mjs'
import { now, Subscribers } from './subscribers.mjs'

const ACCOUNTS = 20
const AT_A_TIME = 16

/** A server, accounts that write posts on it, and those who subscribe to what it streams. */
export class Stage {
  /** Posts that have been written. */
  written = 0

  constructor(bench, accounts, subscribers, options) {
    this.bench = bench
    this.server = bench.server
    this.scale = bench.scale
    this.accounts = accounts
    this.subscribers = subscribers
    this.options = options
  }

  /** `watched`: a server that tells of its memory, started here. */
  static async start(options, engine, watched = false) {
    const server =
      options.url && !watched
        ? new GivenServer(options.url, options.pid)
        : await StartedServer.start(options, {}, watched)
    const bench = new Bench(server, engine, options.scale)
    const accounts = []
    for (let i = 0; i < ACCOUNTS; i++) accounts.push(await bench.account())
    return new Stage(bench, accounts, await Subscribers.start(), options)
  }

  /** Where a stream of the server is. */
  address(path) {
    return `${this.server.url}${path}`
  }

  /**
   * Writes so many posts, one a commit, by all accounts in turn: 16 at a time, or `rate` of them a second, each at its time
   * whether those before are answered or not. Gives by the key of each when it was sent and when answered, and the seconds.
   */
  async write(count, rate = null) {
    const { bench, accounts } = this
    for (const account of accounts) await bench.renew(account)
    const calls = new Map()
    const writeOne = async (i) => {
      const sent = now()
      const { uri } = await bench.createPost(accounts[i % accounts.length])
      calls.set(uri.split('/').at(-1), { sent, answered: now() })
    }
    const start = now()
    await (rate === null ? inParallel(count, AT_A_TIME, writeOne) : paced(count, rate, writeOne))
    this.written += count
    return { calls, seconds: (now() - start) / 1000 }
  }

  /** As {@link metered}, and how much of a core the busiest thread of this client had: near 1 it is the limit. */
  async measured(work) {
    const before = await this.subscribers.cpuSeconds()
    const measured = await metered(this.server.pid, work)
    const after = await this.subscribers.cpuSeconds()
    return { ...measured, busiest: Math.max(...after.map((used, i) => used - before[i])) / measured.seconds }
  }

  /** MB that the server holds when it has collected its garbage. */
  async memory() {
    const { heapUsed, external } = await this.server.memory()
    const { pid } = this.server
    return { rss: residentMb(pid), own: ownMb(pid), heap: heapUsed / 2 ** 20, buffers: external / 2 ** 20 }
  }

  async stop() {
    this.bench.close()
    await this.subscribers.end()
    await this.server.stop()
  }
}

async function paced(count, rate, fn) {
  const start = now()
  const calls = []
  for (let i = 0; i < count; i++) {
    const early = start + (i * 1000) / rate - now()
    if (early > 0) await sleep(early)
    calls.push(fn(i))
  }
  await Promise.all(calls)
}
