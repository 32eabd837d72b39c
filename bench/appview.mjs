/** What app.bsky is read at, from communities of two sizes; by the side of another server, if one is named. See README.md. */
import { Bench } from './lib/bench.mjs'
import { loadEngine } from './lib/engine.mjs'
import { makeGraph, sizeOf } from './lib/graph.mjs'
import { growthRatios } from './lib/growth.mjs'
import { describeMachine } from './lib/machine.mjs'
import { readOptions } from './lib/options.mjs'
import { Reading } from './lib/reading.mjs'
import { seed } from './lib/seed.mjs'
import { GivenServer, StartedServer } from './lib/server.mjs'
import { figure, meanOf } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'

const USAGE = `usage: node bench/appview.mjs [options]
  --only NAMES         figures whose names hold one of these texts, with commas between
  --times LIST         sizes of the community, as multiples of 200 users with 5,000 posts; 1,10
  --scale N            this share of the communities and calls; 0.05 is a quick look
  --json               figures as JSON
  --url URL            a server that is running already, instead of one started here for each size
  --pid PIDS           its processes, for their CPU and memory
  --official URL       another server, which does the same in the same run, and needs its rate limits off
  --official-pid PIDS  its processes, its AppView's, and their database's
  --data DIR           where a server started here gets its data directory; the system's temporary directory
  --dist DIR           the build to run; dist`

/** What is averaged over the runs of a figure. */
const MEASURES = ['count', 'seconds', 'rate', 'p50', 'p99', 'cpu', 'peakMb', 'clientCores', 'otherCores']

const text = { type: 'string' }
const options = readOptions(USAGE, {
  times: { type: 'string', default: '1,10' },
  url: text,
  pid: text,
  official: text,
  'official-pid': text,
  data: text,
})
const engine = await loadEngine(options.dist)
const rows = []
const rivals = []
for (const times of options.times.split(',').map(Number)) await measureCommunity(times)
if (options.json)
  console.log(
    JSON.stringify({ ...describeMachine(), scale: options.factor, rows, ...(options.official && { rivals }) }, null, 2),
  )
else print()

async function measureCommunity(times) {
  const graph = makeGraph(sizeOf(options.scale, times))
  const ours = options.url ? new GivenServer(options.url, options.pid) : await StartedServer.start(options)
  const servers = options.official ? [ours, new GivenServer(options.official, options['official-pid'])] : [ours]
  const sides = []
  try {
    for (const server of servers) sides.push(await prepare(server, graph))
    for (const read of sides[0].reads.filter(({ name }) => options.only(name))) {
      const [mine, other] = await runBoth(sides, read.name)
      const grows = { name: read.name, size: graph.size.posts }
      rows.push({ ...mine, grows })
      if (other) rivals.push({ ...other, grows })
    }
  } finally {
    for (const { bench } of sides) bench.close()
    await ours.stop()
  }
}

async function prepare(server, graph) {
  const bench = new Bench(server, engine, options.scale)
  const start = performance.now()
  const community = await seed(bench, graph)
  const seconds = (performance.now() - start) / 1000
  process.stderr.write(`${server.url} ${community.records} records in ${seconds.toFixed(1)} s\n`)
  // What reading takes in memory is not to be hidden by what writing has taken.
  await server.restart()
  return new Reading(bench, community)
}

/** One figure of each side, by turns, so that a machine that gets busier or quieter does no favour to either. */
async function runBoth(sides, name) {
  const [ours, theirs] = sides
  const runs = sides.map(() => [])
  for (const side of theirs ? [ours, theirs, theirs, ours] : [ours]) {
    runs[sides.indexOf(side)].push(await side.run(name))
    process.stderr.write(`${side.bench.server.url} ${name}\n`)
  }
  return runs.map((list) => ({ ...list[0], ...meanOf(list, MEASURES) }))
}

function print() {
  const { node, cpu, cores, load } = describeMachine()
  console.log(`\nNode ${node}, ${cores} cores (${cpu}), load ${load}, scale ${options.factor}\n`)
  const headings = 'figure|posts|n|items|bytes|per s|p50 ms|p99 ms|CPU µs each|peak MB|other cores'.split('|')
  const cells = (row) => [
    row.name,
    ...[row.grows.size, Math.round(row.count), row.items, Math.round(row.bytes)].map(figure),
    ...[row.rate, row.p50, row.p99, row.cpu, row.peakMb, row.otherCores].map(figure),
  ]
  console.log(formatTable(headings, rows.map(cells)))
  if (rivals.length > 0) {
    const columns = 'per s|official|times|p50 ms|official|p99 ms|official|CPU µs each|official|items|official'.split(
      '|',
    )
    const sideBySide = (row, i) => [
      row.name,
      figure(row.grows.size),
      ...[row.rate, rivals[i].rate, row.rate / rivals[i].rate].map(figure),
      ...['p50', 'p99', 'cpu', 'items'].flatMap((measure) => [row[measure], rivals[i][measure]].map(figure)),
    ]
    console.log(`\n${formatTable(['beside official', 'posts', ...columns], rows.map(sideBySide))}`)
  }
  const grown = growthRatios(rows).filter(({ from, to }) => from !== to)
  if (grown.length === 0) return
  const ratioCells = ({ name, from, to, p50, cpu }) => [name, `${to} / ${from}`, figure(p50), figure(cpu)]
  console.log(`\n${formatTable(['ten times the data', 'posts', 'p50', 'CPU'], grown.map(ratioCells))}`)
}
