import { Client } from './client.mjs'
import { metered } from './machine.mjs'
import { POST, posts, recordKeys } from './posts.mjs'
import { percentile } from './stats.mjs'

/** Most writes that one applyWrites takes. */
export const BATCH = 200
/** Of every account that is made here. */
export const PASSWORD = 'bench-password-1'
/** Access tokens last two hours; sessions are renewed well before. */
const SESSION_MS = 60 * 60 * 1000

/** Everything a scenario needs of one server: a client, accounts, filled repositories, and rows of figures. */
export class Bench {
  /** Filled repositories by their number of records. */
  repos = new Map()
  accounts = 0
  tag = Date.now().toString(36).slice(-5)

  /** `scale` is a function from a number of calls or records to that of this run. */
  constructor(server, engine, scale) {
    this.server = server
    this.engine = engine
    this.scale = scale
    this.client = new Client(server.url)
    this.keys = recordKeys(engine)
  }

  /** A new account, signed in. Its handle begins with `prefix`, which has up to six letters. */
  async account(prefix = '') {
    this.domain ??= (await this.client.query('com.atproto.server.describeServer')).availableUserDomains[0]
    const name = `${prefix}${this.tag}x${(this.accounts++).toString(36)}`
    const handle = `${name}${this.domain}`
    const input = { handle, email: `${name}@example.com`, password: PASSWORD }
    const { did, accessJwt } = await this.client.procedure('com.atproto.server.createAccount', input)
    return {
      did,
      handle,
      client: this.client.as(accessJwt),
      since: Date.now(),
      records: 0,
      source: posts(this.accounts),
    }
  }

  /** Writes posts until the repository holds `count`. `onCall` gets the milliseconds of each call. */
  async fill(account, count, onCall = () => undefined) {
    while (account.records < count) {
      const writes = []
      for (; writes.length < BATCH && account.records < count; account.records++)
        writes.push({
          $type: 'com.atproto.repo.applyWrites#create',
          collection: POST,
          rkey: this.keys.at(account.records),
          value: account.source.next().value,
        })
      const start = performance.now()
      await account.client.procedure('com.atproto.repo.applyWrites', { repo: account.did, writes })
      onCall(performance.now() - start)
    }
  }

  /** An account with that many posts, made when it is first asked for. */
  async repo(count) {
    let account = this.repos.get(count)
    if (!account) {
      account = await this.account()
      await this.fill(account, count)
      this.repos.set(count, account)
    }
    await this.renew(account)
    return account
  }

  async renew(account) {
    if (Date.now() - account.since < SESSION_MS) return
    const input = { identifier: account.did, password: PASSWORD }
    const { accessJwt } = await this.client.procedure('com.atproto.server.createSession', input)
    Object.assign(account, { client: this.client.as(accessJwt), since: Date.now() })
  }

  createPost(account, rkey) {
    const record = account.source.next().value
    return account.client.procedure('com.atproto.repo.createRecord', {
      repo: account.did,
      collection: POST,
      rkey,
      record,
    })
  }

  getPost(account, rkey) {
    return this.client.query('com.atproto.repo.getRecord', { repo: account.did, collection: POST, rkey })
  }

  /** Has every kind of call made often enough that none is compiled, prepared or connected for the first time later. */
  async warmUp() {
    const accounts = await Promise.all(Array.from({ length: 4 }, () => this.account()))
    await inParallel(this.scale(400), 16, (i) => this.createPost(accounts[i % 4]))
    for (const account of accounts) {
      await this.fill(account, this.scale(1000))
      await inParallel(this.scale(200), 16, (i) => this.getPost(account, this.keys.at(i)))
      await this.client.query('com.atproto.repo.listRecords', { repo: account.did, collection: POST, limit: 100 })
      await this.client.download('com.atproto.sync.getRepo', { did: account.did })
    }
  }

  /** A row about `count` calls of `fn(i)`, or as many as begin within `seconds`, so many of them at a time. */
  async calls(name, count, concurrency, fn, seconds = Infinity) {
    const measured = await metered(this.server.pid, () => inParallel(count, concurrency, fn, seconds))
    return row(name, 'calls', measured.result.length, measured, (millis) => latencies(millis))
  }

  /** A row about `work` as a whole, which handles `count` records; `more` makes further figures of its result. */
  async records(name, count, work, more = () => ({})) {
    return row(name, 'records', count, await metered(this.server.pid, work), more)
  }

  close() {
    this.client.close()
  }
}

/** One line of figures. Rates are per second, `p50` and the like milliseconds, `cpu` microseconds for each one. */
function row(name, unit, count, { result, seconds, serverSeconds, clientSeconds, peakMb, otherCores }, more) {
  return {
    name,
    unit,
    count,
    seconds,
    rate: count / seconds,
    cpu: (serverSeconds * 1e6) / count,
    peakMb,
    ...more(result, seconds),
    clientCores: clientSeconds / seconds,
    otherCores,
  }
}

export function latencies(millis) {
  const sorted = millis.toSorted((a, b) => a - b)
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
}

/**
 * Calls `fn` with 0 to count - 1, so many at a time; the milliseconds of each call. Ends at the first that fails, and begins
 * none after so many seconds.
 */
export async function inParallel(count, concurrency, fn, seconds = Infinity) {
  const millis = []
  const end = performance.now() + seconds * 1000
  let next = 0
  const worker = async () => {
    while (next < count && performance.now() < end) {
      const i = next++
      const start = performance.now()
      await fn(i)
      millis.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker))
  return millis
}
