import { setTimeout as sleep } from 'node:timers/promises'
import { ADMIN, askAdmin } from './admin.mjs'
import { Bench, inParallel } from './bench.mjs'
import { Client } from './client.mjs'
import { Log } from './log.mjs'
import { metered } from './machine.mjs'
import { probed } from './probe.mjs'
import { StartedServer } from './server.mjs'

const ACCOUNTS = 20
const AT_A_TIME = 16
const LOOK_MS = 20
/** How long nothing may move while something is waited for. */
const PATIENCE_MS = 60_000

/** Two servers: the home of accounts, with the directory of identities in it, and another that mirrors them. */
export class Pair {
  accounts = []

  constructor([home, mirror], [homeLog, mirrorLog], engine) {
    Object.assign(this, { home, mirror, homeLog, mirrorLog })
    this.bench = new Bench(home, engine, home.options.scale)
    this.reader = new Client(mirror.url)
  }

  static async start(options, engine) {
    const servers = []
    try {
      servers.push(await StartedServer.start(options, ADMIN))
      servers.push(await StartedServer.start(options, { ...ADMIN, PDS_DID_PLC_URL: servers[0].url }))
      return new Pair(servers, await Promise.all(servers.map((server) => Log.of(server))), engine)
    } catch (error) {
      for (const server of servers) await server.stop()
      throw error
    }
  }

  /** Has the mirror follow the home: all of it, or some repositories. */
  async follow(dids) {
    await askAdmin(this.mirror, '/admin/peers', { who: this.home.url, dids })
  }

  /** Has the home send everything to the mirror, which accepts it. */
  async push() {
    await askAdmin(this.mirror, '/admin/peers', { who: this.home.url, direction: 'accept' })
    await askAdmin(this.home, '/admin/peers', { who: this.mirror.url, direction: 'push' })
  }

  /** Twenty accounts that write, all of them at the mirror when this is done; `connect` makes the two servers peers. */
  async populate(connect) {
    for (let i = 0; i < ACCOUNTS; i++) this.accounts.push(await this.bench.account())
    await connect()
    const mirrored = async () => JSON.parse(await askAdmin(this.mirror, '/admin/peers')).peers[0]
    await reached('the mirror', mirrored, ({ accounts, wanted }) => accounts === ACCOUNTS && wanted === 0)
  }

  /** Writes so many posts, one a commit, by all accounts in turn. */
  async write(count) {
    const { accounts, bench } = this
    for (const account of accounts) await bench.renew(account)
    await inParallel(count, AT_A_TIME, (i) => bench.createPost(accounts[i % accounts.length]))
  }

  /** Resolves when one of the two, by its log, has come as far with the other as the home has. */
  async current(log) {
    const last = this.homeLog.last()
    await reached(
      'the position',
      () => log.position(),
      (position) => position >= last,
    )
  }

  /** @throws Error where the mirror has not the newest commit of an account that writes */
  async assertMirrored() {
    for (const { did } of this.accounts) {
      const [here, there] = await Promise.all(
        [this.bench.client, this.reader].map((client) => client.query('com.atproto.sync.getLatestCommit', { did })),
      )
      if (here.cid !== there.cid) throw new Error(`${did} is at ${here.rev}, and on the mirror at ${there.rev}`)
    }
  }

  /**
   * Runs `work`, and says what it took: CPU seconds of both, the most memory of the mirror and the longest that anyone waited
   * for it, and how many events its log got.
   */
  async measured(work) {
    const before = this.mirrorLog.last()
    const { result: outer, longestMs } = await probed(this.mirror.url, () =>
      metered(this.home.pid, () => metered(this.mirror.pid, work)),
    )
    const { result, seconds, serverSeconds, peakMb, otherCores } = outer.result
    return {
      result,
      seconds,
      mirrorSeconds: serverSeconds,
      homeSeconds: outer.serverSeconds,
      peakMb,
      stall: longestMs,
      appended: this.mirrorLog.countAfter(before),
      otherCores: Math.max(0, otherCores - outer.serverSeconds / seconds),
    }
  }

  async stop() {
    this.bench.close()
    this.reader.close()
    for (const log of [this.homeLog, this.mirrorLog]) log.close()
    for (const server of [this.mirror, this.home]) await server.stop()
  }
}

/** Looks until what is found is good. @throws Error when it has been the same for a minute */
export async function reached(what, look, isGood, everyMs = LOOK_MS) {
  let found
  let since
  for (;;) {
    const next = await look()
    if (isGood(next)) return
    const text = JSON.stringify(next)
    if (text !== found) [found, since] = [text, performance.now()]
    if (performance.now() - since > PATIENCE_MS) throw new Error(`${what} stays as it is: ${found}`)
    await sleep(everyMs)
  }
}
