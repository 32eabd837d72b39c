/** What a server streams to its subscribers: rates, latencies, and what they cost it, those included that only listen or are stuck. See README.md. */
import { loadEngine } from './lib/engine.mjs'
import { describeMachine } from './lib/machine.mjs'
import { readOptions } from './lib/options.mjs'
import { Stage } from './lib/stage.mjs'
import { figure } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'
import { backfill, jetstream, live } from './scenarios/streams.mjs'
import { idle, stuck } from './scenarios/subscriptions.mjs'

/** All on one server. */
const STREAMS = { live, backfill, jetstream }
/** Each on a server of its own that tells of its memory. */
const SUBSCRIPTIONS = { idle, stuck }

const USAGE = `usage: node bench/firehose.mjs [options]
  --only NAMES        scenarios, with commas between: ${Object.keys({ ...STREAMS, ...SUBSCRIPTIONS }).join(', ')}
  --subscribers LIST  live: how many there are; 1,10,50,500
  --rate N            live: posts a second, where they are not as many as can be; 100
  --rounds N          backfill, jetstream: how often the log is read; the median is told; 3
  --scale N           this share of the posts; 0.05 is a quick look
  --json              figures as JSON
  --url URL           for live, backfill, jetstream: a server that is running already, instead of one started here
  --pid PIDS          the processes of that server, for their CPU and memory
  --data DIR          where a server started here gets its data directory; the system's temporary directory
  --dist DIR          the build to run; dist`

const text = { type: 'string' }
const options = readOptions(USAGE, {
  subscribers: { ...text, default: '1,10,50,500' },
  rate: { ...text, default: '100' },
  rounds: { ...text, default: '3' },
  url: text,
  pid: text,
  data: text,
})
const engine = await loadEngine(options.dist)
const rows = { streams: [], subscriptions: [] }
const wanted = (scenarios) => Object.entries(scenarios).filter(([name]) => options.only(name))
if (wanted(STREAMS).length > 0) await run(wanted(STREAMS), rows.streams, false)
for (const scenario of wanted(SUBSCRIPTIONS)) await run([scenario], rows.subscriptions, true)
if (options.json) console.log(JSON.stringify({ ...describeMachine(), scale: options.factor, ...rows }, null, 2))
else print()

async function run(scenarios, into, watched) {
  const stage = await Stage.start(options, engine, watched)
  try {
    for (const [name, scenario] of scenarios)
      for await (const row of scenario(stage)) {
        into.push({ scenario: name, ...row })
        process.stderr.write(`${row.name}, ${row.subscribers} subscribers\n`)
      }
  } finally {
    await stage.stop()
  }
}

function print() {
  const { node, cpu, cores, load } = describeMachine()
  console.log(`\nNode ${node}, ${cores} cores (${cpu}), load ${load}, scale ${options.factor}`)
  if (rows.streams.length > 0) {
    const headings =
      'stream|subscribers|events|posts/s|events/s|MB/s|sent p50|p99|answered p50|p99|CPU µs each|peak MB|stall ms|gone|client cores|busiest|other cores'
    const cells = (row) => [
      row.name,
      ...[row.subscribers, row.events, row.writeRate, row.rate, row.megabytes].map(figure),
      ...[row.sent?.p50, row.sent?.p99, row.answered?.p50, row.answered?.p99].map(figure),
      ...[row.cpu, row.peakMb, row.stall, row.gone, row.clientCores, row.busiest, row.otherCores].map(figure),
    ]
    console.log(`\n${formatTable(headings.split('|'), rows.streams.map(cells))}`)
  }
  if (rows.subscriptions.length > 0) {
    const headings = 'memory|subscribers|posts|RSS MB|own MB|heap MB|buffers MB|own KB each|heap KB each'
    const cells = (row) => [
      `${row.scenario}: ${row.name}`,
      ...[row.subscribers, row.events, row.rss, row.own, row.heap, row.buffers, row.ownEach, row.heapEach].map(figure),
    ]
    console.log(`\n${formatTable(headings.split('|'), rows.subscriptions.map(cells))}`)
  }
}
