import { setTimeout as sleep } from 'node:timers/promises'
import { Subscriber } from '../lib/subscriber.mjs'
import { now } from '../lib/subscribers.mjs'

const PATH = '/xrpc/com.atproto.sync.subscribeRepos'
const IDLE = [0, 500, 1_000]
/** Subscribers that come and go before: what the first ones bring about is not theirs alone. */
const WARM = 50
const SETTLE_MS = 3_000
/** Events that are written beside a stuck subscriber, and as many before without one; looked at so many times meanwhile. */
const EVENTS = 50_000
const LOOKS = 5
/** How long after that it is waited for that the server lets it go. */
const PATIENCE_MS = 45_000

/** What subscribers cost to whom nothing is sent. */
export async function* idle(stage) {
  const { subscribers } = stage
  const url = stage.address(PATH)
  await subscribers.connect(url, WARM)
  await subscribers.disconnect()
  let none
  let connected = 0
  for (const count of IDLE) {
    await subscribers.connect(url, count - connected)
    connected = count
    await sleep(SETTLE_MS)
    const memory = await stage.memory()
    none ??= memory
    const each = (measure) => (count > 0 ? ((measure(memory) - measure(none)) * 1024) / count : undefined)
    yield {
      name: count > 0 ? 'idle' : 'nobody',
      subscribers: count,
      ...memory,
      ownEach: each(({ own }) => own),
      heapEach: each(({ heap, buffers }) => heap + buffers),
    }
  }
  await subscribers.disconnect()
  await sleep(SETTLE_MS)
  yield { name: 'nobody again', subscribers: 0, ...(await stage.memory()) }
}

/** What a subscriber costs that never reads what it is sent, while another one reads everything. */
export async function* stuck(stage) {
  const { subscribers, scale } = stage
  const url = stage.address(PATH)
  const look = async (name, count) => ({
    name,
    subscribers: count,
    events: stage.written,
    ...(await stage.memory()),
  })
  const write = async (events) => {
    await subscribers.expect(events)
    await stage.write(events)
    const { gone } = await subscribers.arrived()
    if (gone > 0) throw new Error('the subscriber that reads was let go')
  }
  await subscribers.connect(url, 1)
  const events = scale(EVENTS / LOOKS)
  for (let i = 0; i < LOOKS; i++) {
    await write(events)
    yield await look('one reads', 1)
  }

  const silent = new Subscriber(url)
  try {
    await silent.opened
    silent.stall()
    const start = now()
    const letGo = silent.gone.then(() => (now() - start) / 1000)
    for (let i = 0; i < LOOKS; i++) {
      await write(events)
      yield await look(silent.ended === null ? 'another is stuck' : 'the other is let go', 2)
    }
    const seconds = await Promise.race([letGo, sleep(PATIENCE_MS, null)])
    yield await look(seconds === null ? 'another is still there' : `let go after ${seconds.toFixed(1)} s`, 1)
  } finally {
    silent.close()
  }
}
