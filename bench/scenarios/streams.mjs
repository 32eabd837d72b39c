import { latencies } from '../lib/bench.mjs'
import { POST } from '../lib/posts.mjs'
import { probed } from '../lib/probe.mjs'

/** Where a stream is, and the text right before the key of a record in its messages. */
const FIREHOSE = { name: 'firehose', path: '/xrpc/com.atproto.sync.subscribeRepos', before: `${POST}/` }
const JETSTREAM = { name: 'jetstream', path: '/subscribe', before: '"rkey":"' }

const WARM_WRITES = 400
const WRITES = 4_000
/** How long writes go on that are not as many as can be. */
const PACED_SECONDS = 10
const LOG = 100_000

/** What is written reaches 1, 10, 50 and 500 subscribers: as much as can be, and a little a second. */
export async function* live(stage) {
  for (const count of stage.options.subscribers.split(',').map(Number))
    for (const rate of [null, Number(stage.options.rate)]) yield listened(stage, FIREHOSE, count, rate)
}

/** The whole log, read from its beginning by one consumer and by ten. */
export async function* backfill(stage) {
  const last = await written(stage)
  for (const count of [1, 10]) yield readWhole(stage, FIREHOSE, count, last)
}

/** The same log as JSON, from its beginning and live, to one consumer. */
export async function* jetstream(stage) {
  const last = await written(stage)
  yield readWhole(stage, JETSTREAM, 1, last)
  for (const rate of [null, Number(stage.options.rate)]) yield listened(stage, JETSTREAM, 1, rate)
}

async function listened(stage, { name, path, before }, count, rate) {
  const { subscribers, scale } = stage
  await subscribers.connectSampled(stage.address(path), count, before)
  const warm = scale(WARM_WRITES)
  await subscribers.expect(warm)
  await stage.write(warm)
  await subscribers.arrived()

  const writes = scale(rate === null ? WRITES : rate * PACED_SECONDS)
  await subscribers.expect(writes)
  const measured = await stage.measured(async () => {
    const { calls, seconds } = await stage.write(writes, rate)
    return { ...(await subscribers.arrived()), calls, writeRate: writes / seconds }
  })
  await subscribers.disconnect()
  const { noted, calls, writeRate } = measured.result
  const since = (moment) => latencies(noted.map(([key, at]) => at - calls.get(key)[moment]))
  const load = rate === null ? '16 at a time' : `${rate} a second`
  return {
    ...row(`${name} live, ${load}`, count, measured),
    writeRate,
    sent: since('sent'),
    answered: since('answered'),
  }
}

/** Fills the log up, and gives the key of its last post. The server has just started when this is done. */
async function written(stage) {
  const lacking = stage.scale(LOG) - stage.written
  if (lacking > 0) await stage.write(lacking)
  const [last] = (await stage.write(1)).calls.keys()
  await stage.server.restart()
  return last
}

/** Several rounds, of which the one with the median rate counts; before them one that says how many messages there are. */
async function readWhole(stage, { name, path, before }, count, last) {
  const { subscribers, server, options } = stage
  const url = stage.address(`${path}?cursor=0`)
  const events = await subscribers.countUntil(url, before, last)
  const rounds = []
  for (let i = 0; i < Number(options.rounds); i++) {
    const { result, longestMs } = await probed(server.url, () =>
      stage.measured(async () => {
        await subscribers.connect(url, count, events)
        return subscribers.arrived()
      }),
    )
    await subscribers.disconnect()
    rounds.push({ ...row(`${name} from 0`, count, result), stall: longestMs })
  }
  return rounds.toSorted((a, b) => a.rate - b.rate)[rounds.length >> 1]
}

/** Figures of messages that came to some subscribers; `cpu` is of the server, in microseconds for each message. */
function row(name, subscribers, { result, seconds, serverSeconds, clientSeconds, peakMb, otherCores, busiest }) {
  const { events, bytes, gone } = result
  return {
    name,
    subscribers,
    events,
    seconds,
    rate: events / seconds,
    megabytes: bytes / 1e6 / seconds,
    gone,
    cpu: (serverSeconds * 1e6) / events,
    peakMb,
    clientCores: clientSeconds / seconds,
    busiest,
    otherCores,
  }
}
