/**
 * Subscribers of a stream in threads of their own, so that what the writer of a run does delays nobody's reading. Most only
 * count. A few, spread over the order in which all were connected, are in a thread that does nothing else, and note when the
 * record of each message has come.
 */
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { Subscriber } from './subscriber.mjs'

/** Most subscribers that note when records come. */
const SAMPLED = 5
const KEY_SIZE = 13
/** How long nothing may come while something is waited for. */
const PATIENCE_MS = 60_000

/** Milliseconds of a clock that all threads have in common. */
export const now = () => Number(process.hrtime.bigint()) / 1e6

/** All who subscribe in a run. One thread notes, the others count. */
export class Subscribers {
  constructor([sampler, ...counters]) {
    this.sampler = sampler
    this.counters = counters
  }

  static async start() {
    const count = Math.max(2, availableParallelism())
    const threads = Array.from({ length: count }, () => new Worker(new URL(import.meta.url)))
    await Promise.all(threads.map((thread) => once(thread, 'message')))
    return new Subscribers(threads)
  }

  /** Connects so many that only count; {@link arrived} then waits for `events` of each, counted from its beginning. */
  async connect(url, count, events = 0) {
    const { counters } = this
    const share = (i) => Math.floor((count + i) / counters.length)
    await Promise.all(counters.map((thread, i) => ask(thread, 'connect', { url, count: share(i), events })))
  }

  /** Connects so many, a few of which note when records come: the key of each stands right behind the text `before`. */
  async connectSampled(url, count, before) {
    const sampled = Math.min(SAMPLED, count)
    for (let i = 0; i < sampled; i++) {
      await this.connect(url, Math.floor((count - sampled + i) / sampled))
      await ask(this.sampler, 'connect', { url, count: 1, before })
    }
  }

  /** How many messages come before and with the one of the record of this key, which is the last one. */
  async countUntil(url, before, key) {
    await ask(this.sampler, 'connect', { url, count: 1, before, last: key })
    const { events } = await ask(this.sampler, 'arrived')
    await this.disconnect()
    return events
  }

  /** From now on, {@link arrived} waits for so many messages more of each. */
  async expect(events) {
    await this.askAll('expect', { events })
  }

  /**
   * Resolves when everything that is expected has come, except to those whom the server has let go: how many messages and
   * bytes have come since the last time, how many subscribers are `gone`, and `[key, milliseconds]` of each that was noted.
   * @throws Error when nothing comes for a minute
   */
  async arrived() {
    const answers = await this.askAll('arrived')
    const sum = (measure) => answers.reduce((total, answer) => total + answer[measure], 0)
    return {
      events: sum('events'),
      bytes: sum('bytes'),
      gone: sum('gone'),
      noted: answers.flatMap(({ noted }) => noted),
    }
  }

  /** CPU seconds so far of this thread, and of each of the others. */
  async cpuSeconds() {
    const used = [process.threadCpuUsage(), ...(await this.askAll('cpu'))]
    return used.map(({ user, system }) => (user + system) / 1e6)
  }

  async disconnect() {
    await this.askAll('disconnect')
  }

  /** Ends the threads, and with them all connections. */
  async end() {
    await Promise.all([this.sampler, ...this.counters].map((thread) => thread.terminate()))
  }

  askAll(what, details) {
    return Promise.all([this.sampler, ...this.counters].map((thread) => ask(thread, what, details)))
  }
}

/** One question at a time. */
async function ask(thread, what, details = {}) {
  thread.postMessage({ what, details })
  const [{ error, answer }] = await once(thread, 'message')
  if (error !== undefined) throw new Error(error)
  return answer
}

/** What a thread is asked, by the name of the question. */
class Reading {
  subscribers = []
  /** What is waited for. */
  waiting = []
  noted = []
  seen = { events: 0, bytes: 0 }

  async connect({ url, count, events = 0, before = null, last = null }) {
    const end = Promise.withResolvers()
    const onKey = (key, at) => {
      this.noted.push([key, at])
      if (key === last) end.resolve()
    }
    const added = Array.from({ length: count }, () => new Subscriber(url, before && keyReader(before, onKey)))
    this.subscribers.push(...added)
    this.waiting.push(...added.map((subscriber) => subscriber.until(events)), ...(last === null ? [] : [end.promise]))
    await Promise.all(added.map(({ opened }) => opened))
  }

  expect({ events }) {
    this.noted = []
    this.waiting = this.subscribers.map((subscriber) => subscriber.until(subscriber.events + events))
  }

  async arrived() {
    await this.patiently(Promise.all(this.waiting))
    const before = this.seen
    this.seen = this.total()
    return {
      events: this.seen.events - before.events,
      bytes: this.seen.bytes - before.bytes,
      gone: this.subscribers.filter(({ ended }) => ended !== null).length,
      noted: this.noted.splice(0),
    }
  }

  cpu() {
    return process.threadCpuUsage()
  }

  async disconnect() {
    for (const subscriber of this.subscribers) subscriber.close()
    await Promise.all(this.subscribers.map(({ gone }) => gone))
    Object.assign(this, new Reading())
  }

  total() {
    const sum = (measure) => this.subscribers.reduce((total, subscriber) => total + subscriber[measure], 0)
    return { events: sum('events'), bytes: sum('bytes') }
  }

  async patiently(work) {
    let bytes
    let timer
    const impatience = new Promise((_, reject) => {
      timer = setInterval(() => {
        const total = this.total()
        if (total.bytes === bytes) reject(new Error(`nothing comes any more after ${total.events} messages`))
        bytes = total.bytes
      }, PATIENCE_MS)
    })
    await Promise.race([work, impatience]).finally(() => clearInterval(timer))
  }
}

/** Looks for the key of the record that a message tells of. */
function keyReader(before, onKey) {
  const text = Buffer.from(before)
  return (message) => {
    const at = message.indexOf(text)
    if (at < 0) return
    const start = at + text.length
    onKey(message.latin1Slice(start, start + KEY_SIZE), now())
  }
}

if (!isMainThread) {
  const reading = new Reading()
  parentPort.on('message', ({ what, details }) => {
    void (async () => reading[what](details))().then(
      (answer) => parentPort.postMessage({ answer }),
      (error) => parentPort.postMessage({ error: error.message }),
    )
  })
  parentPort.postMessage('ready')
}
