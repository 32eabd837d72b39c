/** How fast people sign up and in; by the side of another server, if one is named. See README.md. */
import { Bench, PASSWORD } from './lib/bench.mjs'
import { loadEngine } from './lib/engine.mjs'
import { describeMachine } from './lib/machine.mjs'
import { readOptions } from './lib/options.mjs'
import { GivenServer, StartedServer } from './lib/server.mjs'
import { figure, meanOf } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'

const USAGE = `usage: node bench/accounts.mjs [options]
  --only NAMES         figures whose names hold one of these texts, with commas between
  --scale N            this share of the calls; 0.1 is a quick look
  --json               figures as JSON
  --url URL            a server that is running already, instead of one started here
  --pid PIDS           its processes, for their CPU and memory
  --official URL       another server, which does the same in the same run, and needs its rate limits off
  --official-pid PIDS  its processes
  --data DIR           where a server started here gets its data directory; the system's temporary directory
  --dist DIR           the build to run; dist`

/** What is averaged over the runs of a figure. */
const MEASURES = ['seconds', 'rate', 'p50', 'p99', 'cpu', 'peakMb', 'otherCores']
const PEOPLE = 8

const text = { type: 'string' }
const options = readOptions(USAGE, { url: text, pid: text, official: text, 'official-pid': text, data: text })
const engine = await loadEngine(options.dist)
const ours = options.url ? new GivenServer(options.url, options.pid) : await StartedServer.start(options)
const servers = options.official ? [ours, new GivenServer(options.official, options['official-pid'])] : [ours]
const sides = []
const rows = []
const rivals = []
try {
  for (const server of servers) sides.push(await prepare(new Bench(server, engine, options.scale)))
  for (const name of Object.keys(figuresOf(sides[0])).filter(options.only)) {
    const [mine, other] = await runBoth(name)
    rows.push(mine)
    if (other) rivals.push(other)
  }
} finally {
  for (const { bench } of sides) bench.close()
  await ours.stop()
}
if (options.json)
  console.log(
    JSON.stringify({ ...describeMachine(), scale: options.factor, rows, ...(options.official && { rivals }) }, null, 2),
  )
else print()

/** Some accounts, each with an app password and a session to refresh. */
async function prepare(bench) {
  const people = []
  for (let i = 0; i < PEOPLE; i++) {
    const account = await bench.account()
    const app = await account.client.procedure('com.atproto.server.createAppPassword', { name: 'bench' })
    people.push({ ...account, app: app.password })
  }
  const side = { bench, people }
  for (const person of people) await signIn(side, person, person.app)
  return side
}

/** The figures of a side: calls, how many at a time, and what a call does. */
function figuresOf(side) {
  const { bench, people } = side
  const person = (i) => people[i % PEOPLE]
  return {
    'createAccount, one by one': [40, 1, () => bench.account()],
    'createAccount, 8 at a time': [80, 8, () => bench.account()],
    'createSession, one by one': [40, 1, (i) => signIn(side, person(i), PASSWORD)],
    'createSession, 8 at a time': [160, 8, (i) => signIn(side, person(i), PASSWORD)],
    'createSession by app password, one by one': [40, 1, (i) => signIn(side, person(i), person(i).app)],
    'createSession by app password, 8 at a time': [160, 8, (i) => signIn(side, person(i), person(i).app)],
    'refreshSession, 8 at a time': [160, 8, (i) => refresh(side, person(i))],
  }
}

async function signIn({ bench }, person, password) {
  const input = { identifier: person.handle, password }
  const { refreshJwt } = await bench.client.procedure('com.atproto.server.createSession', input)
  person.refreshJwt = refreshJwt
}

async function refresh({ bench }, person) {
  await bench.client.as(person.refreshJwt).procedure('com.atproto.server.refreshSession')
}

/** One figure of each side, by turns, so that a machine that gets busier or quieter does no favour to either. */
async function runBoth(name) {
  const [mine, other] = sides
  const runs = sides.map(() => [])
  for (const side of other ? [mine, other, other, mine] : [mine]) {
    const [count, concurrency, fn] = figuresOf(side)[name]
    runs[sides.indexOf(side)].push(await side.bench.calls(name, options.scale(count), concurrency, fn))
    process.stderr.write(`${side.bench.server.url} ${name}\n`)
  }
  return runs.map((list) => ({ ...list[0], ...meanOf(list, MEASURES) }))
}

function print() {
  const { node, cpu, cores, load } = describeMachine()
  console.log(`\nNode ${node}, ${cores} cores (${cpu}), load ${load}, scale ${options.factor}\n`)
  const headings = 'figure|n|per s|p50 ms|p99 ms|CPU ms each|peak MB|other cores'.split('|')
  const cells = (row) => [
    row.name,
    ...[row.count, row.rate, row.p50, row.p99, row.cpu / 1000, row.peakMb, row.otherCores].map(figure),
  ]
  console.log(formatTable(headings, rows.map(cells)))
  if (rivals.length === 0) return
  const columns = ['beside official', ...'per s|official|times|p50 ms|official|CPU ms each|official'.split('|')]
  const sideBySide = (row, i) => [
    row.name,
    ...[row.rate, rivals[i].rate, row.rate / rivals[i].rate, row.p50, rivals[i].p50].map(figure),
    ...[row.cpu / 1000, rivals[i].cpu / 1000].map(figure),
  ]
  console.log(`\n${formatTable(columns, rows.map(sideBySide))}`)
}
