/** The same calls to this server and to another one, such as the official PDS, by turns. See README.md. */
import { Bench } from './lib/bench.mjs'
import { loadEngine } from './lib/engine.mjs'
import { growthRatios } from './lib/growth.mjs'
import { describeMachine } from './lib/machine.mjs'
import { readOptions } from './lib/options.mjs'
import { GivenServer, StartedServer } from './lib/server.mjs'
import { figure, meanOf } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'
import { SCENARIOS } from './scenarios/index.mjs'

const USAGE = `usage: node bench/compare.mjs --official URL [options]
  --official URL       the other server; it must run already, with its rate limits off
  --official-pid PIDS  its processes, for their CPU and memory
  --rounds N           each is four runs of a scenario: this server, the other, the other, this one; 1
  --only NAMES         scenarios, with commas between: ${Object.keys(SCENARIOS).join(', ')}
  --scale N            this share of the calls and records; 0.05 is a quick look
  --json               figures as JSON
  --url URL, --pid PIDS  a server of this project that is running already, instead of one started here
  --data DIR           where a server started here gets its data directory; the system's temporary directory
  --dist DIR           the build to run; dist`

/** What is compared, with 1 where more is better and -1 where less is. */
const MEASURES = {
  rate: ['per second', 1],
  megabytes: ['MB/s', 1],
  first: ['first byte ms', -1],
  p50: ['p50 ms', -1],
  p99: ['p99 ms', -1],
  cpu: ['CPU µs each', -1],
  peakMb: ['peak MB', -1],
  stall: ['longest stall ms', -1],
}

const text = { type: 'string' }
const options = readOptions(USAGE, {
  official: text,
  'official-pid': text,
  rounds: { type: 'string', default: '1' },
  url: text,
  pid: text,
  data: text,
})
if (!options.official) {
  console.error(USAGE)
  process.exit(2)
}
const engine = await loadEngine(options.dist)
const mine = options.url ? new GivenServer(options.url, options.pid) : await StartedServer.start(options)
const other = new GivenServer(options.official, options['official-pid'])
const ours = { bench: new Bench(mine, engine, options.scale), runs: new Map() }
const theirs = { bench: new Bench(other, engine, options.scale), runs: new Map() }
try {
  for (const { bench } of [ours, theirs]) await bench.warmUp()
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    if (!options.only(name)) continue
    for (let round = 0; round < Number(options.rounds); round++)
      for (const side of [ours, theirs, theirs, ours]) await runOnce(side, scenario)
  }
} finally {
  for (const { bench } of [ours, theirs]) bench.close()
  await mine.stop()
}

const averages = { ours: averagesOf(ours), official: averagesOf(theirs) }
if (options.json) console.log(JSON.stringify({ ...describeMachine(), scale: options.factor, ...averages }, null, 2))
else print(averages)

async function runOnce({ bench, runs }, scenario) {
  for await (const row of scenario(bench)) {
    runs.set(row.name, [...(runs.get(row.name) ?? []), row])
    process.stderr.write(`${bench.server.url} ${row.name}\n`)
  }
}

/** One row for each figure: the mean of its runs, which a steady change of the machine's load falls on alike. */
function averagesOf({ runs }) {
  return Array.from(runs.values(), (rows) => {
    const { name, unit, count, grows } = rows[0]
    return { name, unit, count, grows, ...meanOf(rows, Object.keys(MEASURES)) }
  })
}

function print({ ours, official }) {
  const { node, cpu, cores, load } = describeMachine()
  console.log(`\nNode ${node}, ${cores} cores (${cpu}), load ${load}, scale ${options.factor}`)
  console.log('Ratios say how many times better this server is.\n')
  const lines = []
  for (const row of ours) {
    const rival = official.find(({ name }) => name === row.name) ?? {}
    for (const [measure, [heading, sign]] of Object.entries(MEASURES)) {
      const [a, b] = [row[measure], rival[measure]]
      // Memory hardly changes from one row of calls to the next.
      if (a === undefined || (measure === 'peakMb' && row.unit === 'calls')) continue
      const label = measure === 'rate' ? `${row.unit}/s` : heading
      lines.push([row.name, label, figure(a), figure(b), figure(sign > 0 ? a / b : b / a)])
    }
  }
  console.log(formatTable(['figure', 'measure', 'this server', 'official', 'ratio'], lines, [0, 1]))
  const theirRatios = growthRatios(official)
  const ratios = growthRatios(ours).map(({ name, from, to, p50, cpu }, i) => {
    const rival = theirRatios[i]
    return [name, `${to} / ${from}`, ...[p50, rival.p50, cpu, rival.cpu].map(figure)]
  })
  const headings = ['cost by size', 'records', 'p50', 'p50 official', 'CPU', 'CPU official']
  if (ratios.length > 0) console.log(`\n${formatTable(headings, ratios)}`)
}
