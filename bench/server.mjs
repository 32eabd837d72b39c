/** What a server does over HTTP: rates, latencies, and what they cost it in CPU and memory. See README.md. */
import { Bench } from './lib/bench.mjs'
import { loadEngine } from './lib/engine.mjs'
import { growthRatios } from './lib/growth.mjs'
import { describeMachine } from './lib/machine.mjs'
import { readOptions } from './lib/options.mjs'
import { GivenServer, StartedServer } from './lib/server.mjs'
import { figure } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'
import { SCENARIOS } from './scenarios/index.mjs'

const USAGE = `usage: node bench/server.mjs [options]
  --only NAMES   scenarios, with commas between: ${Object.keys(SCENARIOS).join(', ')}
  --scale N      this share of the calls and records; 0.05 is a quick look
  --json         figures as JSON
  --url URL      a server that is running already, this one or another, instead of one started here
  --pid PIDS     the processes of that server, for their CPU and memory
  --data DIR     where a server started here gets its data directory; the system's temporary directory
  --dist DIR     the build to run; dist`

const options = readOptions(USAGE, { url: { type: 'string' }, pid: { type: 'string' }, data: { type: 'string' } })
const engine = await loadEngine(options.dist)
const server = options.url ? new GivenServer(options.url, options.pid) : await StartedServer.start(options)
const bench = new Bench(server, engine, options.scale)
const rows = []
try {
  await bench.warmUp()
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    if (!options.only(name)) continue
    for await (const row of scenario(bench)) {
      rows.push(row)
      process.stderr.write(`${row.name}\n`)
    }
  }
} finally {
  bench.close()
  await server.stop()
}
if (options.json) console.log(JSON.stringify({ ...describeMachine(), scale: options.factor, rows }, null, 2))
else print()

function print() {
  const { node, cpu, cores, load } = describeMachine()
  console.log(`\nNode ${node}, ${cores} cores (${cpu}), load ${load}, scale ${options.factor}\n`)
  const headings = 'figure|n|unit|per s|MB/s|first ms|p50 ms|p99 ms|CPU µs each|peak MB|stall ms|other cores'.split('|')
  const cells = (row) => [
    row.name,
    figure(row.count),
    row.unit,
    ...[row.rate, row.megabytes, row.first, row.p50, row.p99, row.cpu, row.peakMb, row.stall, row.otherCores].map(
      figure,
    ),
  ]
  console.log(formatTable(headings, rows.map(cells), [0, 2]))
  const ratios = growthRatios(rows)
  if (ratios.length === 0) return
  const ratioCells = ({ name, from, to, p50, cpu }) => [name, `${to} / ${from}`, figure(p50), figure(cpu)]
  console.log(`\n${formatTable(['cost by size', 'records', 'p50', 'CPU'], ratios.map(ratioCells))}`)
}
