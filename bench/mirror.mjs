/** How fast repositories come from one server to another, verified there, and what that costs both. See README.md. */
import { loadEngine } from './lib/engine.mjs'
import { describeMachine } from './lib/machine.mjs'
import { readOptions } from './lib/options.mjs'
import { Pair } from './lib/pair.mjs'
import { figure } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'
import { fetch, follow, followLag, push, pushLag } from './scenarios/mirroring.mjs'

/** Each with two servers of its own. */
const SCENARIOS = [
  ['follow', follow],
  ['push', push],
  ['fetch', fetch],
  ['lag', followLag],
  ['lag', pushLag],
]

const USAGE = `usage: node bench/mirror.mjs [options]
  --only NAMES   scenarios, with commas between: follow, push, fetch, lag
  --rounds N     follow, push: how often something gathers and is brought over; the median is told; 3
  --scale N      this share of the posts and records; 0.05 is a quick look
  --json         figures as JSON
  --data DIR     where the servers get their data directories; the system's temporary directory
  --dist DIR     the build to run; dist`

const options = readOptions(USAGE, { rounds: { type: 'string', default: '3' }, data: { type: 'string' } })
const engine = await loadEngine(options.dist)
const rows = []
for (const [name, scenario] of SCENARIOS) if (options.only(name)) await run(name, scenario)
if (options.json) console.log(JSON.stringify({ ...describeMachine(), scale: options.factor, rows }, null, 2))
else print()

async function run(scenario, measure) {
  const pair = await Pair.start(options, engine)
  try {
    for await (const row of measure(pair)) {
      rows.push({ scenario, ...row })
      process.stderr.write(`${row.name}\n`)
    }
  } finally {
    await pair.stop()
  }
}

function print() {
  const { node, cpu, cores, load } = describeMachine()
  console.log(`\nNode ${node}, ${cores} cores (${cpu}), load ${load}, scale ${options.factor}`)
  const brought = rows.filter(({ rate }) => rate !== undefined)
  if (brought.length > 0) {
    const headings =
      'brought over|records|events there|seconds|per s|CPU µs there|at home|peak MB there|stall ms there|behind ms|other cores'
    const cells = (row) => [
      row.name,
      ...[row.count, row.appended, row.seconds, row.rate, row.mirrorCpu, row.homeCpu].map(figure),
      ...[row.peakMb, row.stall, row.behind, row.otherCores].map(figure),
    ]
    console.log(`\n${formatTable(headings.split('|'), brought.map(cells))}`)
  }
  const lags = rows.filter(({ p50 }) => p50 !== undefined)
  if (lags.length === 0) return
  const cells = ({ name, count, p50, p99, longest }) => [name, ...[count, p50, p99, longest].map(figure)]
  console.log(`\n${formatTable(['until it is shown there', 'posts', 'p50 ms', 'p99 ms', 'longest'], lags.map(cells))}`)
}
