/** How fast the log is replayed into the projections: by a process of its own, and by a server that goes on serving. See README.md. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { ADMIN, askAdmin } from './lib/admin.mjs'
import { Bench, inParallel, latencies } from './lib/bench.mjs'
import { loadEngine } from './lib/engine.mjs'
import { makeGraph, sizeOf } from './lib/graph.mjs'
import { describeMachine, metered } from './lib/machine.mjs'
import { readOptions } from './lib/options.mjs'
import { probed } from './lib/probe.mjs'
import { seed } from './lib/seed.mjs'
import { launchOptions, StartedServer } from './lib/server.mjs'
import { figure } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'

const USAGE = `usage: node bench/replay.mjs [options]
  --only NAMES   offline, online, with a comma between
  --times LIST   sizes of the community, as multiples of 200 users with 5,000 posts; 1,10
  --scale N      this share of the communities; 0.05 is a quick look
  --batch N      most records of one commit; 1 makes the log that clients make which write one by one; 200
  --json         figures as JSON
  --data DIR     a data directory whose log is replayed, in a copy, instead of that of a community;
                 or, with nothing of a server in it, where data directories are made
  --dist DIR     the build to run; dist`

/** Posts that a server writes before it is measured. */
const WARM_WRITES = 200

const text = { type: 'string' }
const options = readOptions(USAGE, {
  times: { ...text, default: '1,10' },
  batch: { ...text, default: '200' },
  data: text,
})
const engine = await loadEngine(options.dist)
const given = options.data && existsSync(join(options.data, 'skylog.sqlite')) ? options.data : null
const rows = []
for (const times of given ? [0] : options.times.split(',').map(Number)) await replay(times)
if (options.json) console.log(JSON.stringify({ ...describeMachine(), scale: options.factor, rows }, null, 2))
else print()

async function replay(times) {
  const server = new StartedServer(given ? { ...options, data: undefined } : options, ADMIN)
  const bench = () => new Bench(server, engine, options.scale)
  try {
    if (given) cpSync(given, server.directory, { recursive: true })
    else {
      await server.launch()
      const seeding = bench()
      const { records } = await seed(seeding, makeGraph(sizeOf(options.scale, times)), Number(options.batch))
      seeding.close()
      process.stderr.write(`${records} records written\n`)
      await server.end()
    }
    const log = await offline(server.directory)
    if (!options.only('online')) return
    await server.launch()
    await online(bench(), log)
  } finally {
    await server.stop()
  }
}

/** A full rebuild by a process that does nothing else. Gives what the log holds. */
async function offline(directory) {
  const { execArgv, env } = launchOptions()
  const child = fork(new URL('lib/replayer.mjs', import.meta.url), [options.dist, directory], { execArgv, env })
  const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the replay ended with ${code}`)))
  const told = async () => (await Promise.race([once(child, 'message'), failed]))[0]
  failed.catch(() => undefined)
  const log = await told()
  if (options.only('offline')) {
    const measured = await metered(child.pid, () => {
      child.send('begin')
      return told()
    })
    add('offline', log, measured.result.seconds, measured)
    child.send('end')
  } else child.kill()
  await failed.catch(() => undefined)
  return log
}

/** The same by the server, on the side, while it is asked and written to. */
async function online(bench, log) {
  const { server } = bench
  try {
    const writer = await bench.account()
    await inParallel(WARM_WRITES, 1, () => bench.createPost(writer))
    const waits = []
    let seconds
    const measured = await metered(server.pid, () =>
      probed(server.url, async () => {
        const work = rebuild(server).then((result) => (seconds = result.seconds))
        while (seconds === undefined) {
          const start = performance.now()
          await bench.createPost(writer)
          waits.push(performance.now() - start)
          if (seconds === undefined) await Promise.race([work, new Promise((resolve) => setTimeout(resolve, 20))])
        }
      }),
    )
    const { longestMs } = measured.result
    const written = WARM_WRITES + waits.length
    add('online', { ...log, records: log.records + written, events: log.events + written }, seconds, {
      ...measured,
      stall: longestMs,
      ...latencies(waits),
      longestWrite: Math.max(...waits),
    })
  } finally {
    bench.close()
  }
}

/** Has the server rebuild everything; the last line of its answer says what came of it. */
async function rebuild(server) {
  const last = (await askAdmin(server, '/admin/rebuild', {})).trim().split('\n').at(-1)
  const { result, error } = JSON.parse(last)
  if (!result) throw new Error(`/admin/rebuild: ${error ?? last}`)
  return result
}

function add(how, { records, events, bytes }, seconds, { serverSeconds, peakMb, otherCores, ...more }) {
  const { stall, p50, p99, longestWrite } = more
  const cpu = (serverSeconds * 1e6) / records
  const rates = { rate: records / seconds, megabytes: bytes / 1e6 / seconds }
  rows.push({
    name: how,
    records,
    events,
    seconds,
    ...rates,
    cpu,
    peakMb,
    stall,
    p50,
    p99,
    longestWrite,
    otherCores,
  })
  process.stderr.write(`${how} ${records} records\n`)
}

function print() {
  const { node, cpu, cores, load } = describeMachine()
  console.log(`\nNode ${node}, ${cores} cores (${cpu}), load ${load}, scale ${options.factor}\n`)
  const headings =
    'replay|records|events|seconds|records/s|MB/s|CPU µs each|peak MB|stall ms|write p50|write p99|longest write|other cores'
  const cells = (row) => [
    row.name,
    ...[row.records, row.events, row.seconds, row.rate, row.megabytes, row.cpu, row.peakMb].map(figure),
    ...[row.stall, row.p50, row.p99, row.longestWrite, row.otherCores].map(figure),
  ]
  console.log(formatTable(headings.split('|'), rows.map(cells)))
}
