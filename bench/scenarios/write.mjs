import { latencies } from '../lib/bench.mjs'
import { probed } from '../lib/probe.mjs'

const ACCOUNTS = 20

/** createRecord one by one, side by side on many repositories and on one; applyWrites of 200. */
export async function* write(bench) {
  const { scale } = bench
  const lone = await bench.account()
  yield bench.calls('createRecord, one by one', scale(500), 1, () => bench.createPost(lone))

  const many = []
  for (let i = 0; i < ACCOUNTS; i++) many.push(await bench.account())
  yield bench.calls(`createRecord, 16 at a time, ${ACCOUNTS} accounts`, scale(2000), 16, (i) =>
    bench.createPost(many[i % ACCOUNTS]),
  )

  const shared = await bench.account()
  yield bench.calls('createRecord, 16 at a time, one account', scale(1000), 16, () => bench.createPost(shared))

  const filled = await bench.account()
  const millis = []
  const work = () => probed(bench.server.url, () => bench.fill(filled, scale(10_000), (ms) => millis.push(ms)))
  yield bench.records('applyWrites of 200', scale(10_000), work, ({ longestMs }) => ({
    ...latencies(millis),
    stall: longestMs,
  }))
}
