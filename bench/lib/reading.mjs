import { inParallel } from './bench.mjs'
import { readersOf, readsOf } from './reads.mjs'
import { mean } from './stats.mjs'

const CONCURRENCY = 16
/** Calls of a figure, unless the seconds are over before. */
const CALLS = 4_000
const SECONDS = 8
/** Calls before, which are not measured; the first of them say what answers hold. */
const WARM_CALLS = 400
const WARM_SECONDS = 2
const LOOKED_AT = 40

/** Reads a community's AppView, as some of its accounts by turns. */
export class Reading {
  constructor(bench, community) {
    this.bench = bench
    this.reads = readsOf(community)
    this.readers = readersOf(community)
  }

  /** A row of figures about the read of this name; `items` and `bytes` are those of an answer. */
  async run(name) {
    const { bench, readers } = this
    const { nsid, params, items } = this.reads.find((read) => read.name === name)
    for (const reader of readers) await bench.renew(reader)
    const sizes = []
    const call = async (i) => {
      const bytes = await readers[i % readers.length].client.bytes(nsid, params(i))
      sizes.push(bytes.length)
      return bytes
    }
    const counts = []
    const look = async (i) => {
      const bytes = await call(i)
      if (i < LOOKED_AT) counts.push(items(JSON.parse(bytes.toString('utf8'))))
    }
    await inParallel(Math.max(LOOKED_AT, bench.scale(WARM_CALLS)), CONCURRENCY, look, WARM_SECONDS)
    sizes.length = 0
    const row = await bench.calls(name, bench.scale(CALLS), CONCURRENCY, call, SECONDS)
    return { ...row, items: mean(counts), bytes: mean(sizes) }
  }
}
