/** What the inline projections add to a commit: the same commits to the server's modules with them and without. See README.md. */
import { randomBytes } from 'node:crypto'
import { BATCH, inParallel, latencies } from './lib/bench.mjs'
import { eraseDirectory, makeDirectory } from './lib/directory.mjs'
import { loadEngine } from './lib/engine.mjs'
import { graphRecords, makeGraph, sizeOf } from './lib/graph.mjs'
import { openServer, partOf } from './lib/inside.mjs'
import { describeMachine } from './lib/machine.mjs'
import { readOptions } from './lib/options.mjs'
import { posts } from './lib/posts.mjs'
import { writePhases } from './lib/seed.mjs'
import { figure, median, randomSource } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'

const USAGE = `usage: node bench/projections.mjs [options]
  --only NAMES   figures whose names hold one of these texts, with commas between
  --rounds N     each is four runs of a figure: with, without, without, with; 3
  --scale N      this share of the commits and of the community that they are made in
  --json         figures as JSON
  --data DIR     where the data directories are made; the system's temporary directory
  --dist DIR     the build to measure; dist`

const COMMITS = 1_000
/** Commits before each figure that are not measured. */
const WARM = 300
const LIKE = 'app.bsky.feed.like'
const KINDS = ['post', 'reply', 'like']

const options = readOptions(USAGE, { rounds: { type: 'string', default: '3' }, data: { type: 'string' } })
const { scale, dist } = options
const engine = await loadEngine(dist)
const [{ Lexicons }, { prepareWrite }, { WriteRecords, WriteRecordsHandler }, { CreateAccount, CreateAccountHandler }] =
  await Promise.all(
    ['lexicon/lexicons.js', 'repo/prepare-write.js', 'repo/write-records.js', 'account/create-account.js'].map((file) =>
      partOf(dist, `modules/${file}`),
    ),
  )
const graph = makeGraph(sizeOf(scale, 1))

const rows = []
const sides = []
try {
  sides.push(await open([]), await open(['ProjectionsModule']))
  for (const kind of KINDS)
    for (const concurrency of [1, 16]) {
      const name = concurrency === 1 ? `${kind}, one by one` : `${kind}, ${concurrency} at a time`
      if (options.only(name)) await measure(name, kind, concurrency)
    }
} finally {
  for (const side of sides) await side.close()
}
if (options.json) console.log(JSON.stringify({ ...describeMachine(), scale: options.factor, rows }, null, 2))
else print()

/** The server's modules, less the named ones, on a directory of their own that holds the community. */
async function open(without) {
  const directory = makeDirectory(options.data)
  process.on('exit', () => eraseDirectory(directory))
  const app = await openServer(dist, directory, without)
  const part = (token) => app.get(token, { strict: false })
  const [lexicons, accounts, handler] = [part(Lexicons), part(CreateAccountHandler), part(WriteRecordsHandler)]
  const created = []
  await inParallel(graph.size.users, 8, async (i) => {
    const handle = `${graph.users[i].name}-${i}.test`
    const input = { handle, email: `${i}@example.com`, password: randomBytes(12).toString('hex') }
    created[i] = await accounts.execute(new CreateAccount(input, null))
  })
  const prepare = ({ collection, rkey, value }) =>
    prepareWrite({ action: 'create', collection, rkey, record: value }, undefined, lexicons, nextKey)
  const { phases, posts: refs } = graphRecords(graph, created, engine)
  await writePhases(phases, BATCH, 8, ({ user, writes }) =>
    handler.execute(new WriteRecords(created[user].did, writes.map(prepare))),
  )
  process.stderr.write(`community written${without.length > 0 ? `, without ${without.join(', ')}` : ''}\n`)
  const next = newRecords(refs)
  return {
    /** Commands as of createRecord. Records are checked and encoded before: that is the same with projections and without. */
    commands: (kind, count) =>
      Array.from({ length: count }, () => {
        const user = next.user()
        const value = next[kind](user)
        const write = prepare({ collection: value.$type, value })
        return new WriteRecords(created[user].did, [write], { replaceLinks: true })
      }),
    run: (command) => handler.execute(command),
    close: () => app.close(),
  }
}

/** What is committed, the same for each side: roots, replies to any post, likes of posts that the user has not liked yet. */
function newRecords(refs) {
  const random = randomSource(3)
  const text = posts(1)
  const pair = (user, post) => `${user},${post}`
  const liked = new Set(graph.likes.map(({ user, post }) => pair(user, post)))
  const post = () => ({ ...text.next().value, createdAt: new Date().toISOString() })
  return {
    user: () => random.of(graph.size.users),
    post,
    reply: () => {
      const parent = random.of(refs.length)
      return { ...post(), reply: { root: refs[graph.posts[parent].root], parent: refs[parent] } }
    },
    like: (user) => {
      let subject = random.of(refs.length)
      for (let i = 0; i < refs.length && liked.has(pair(user, subject)); i++) subject = (subject + 1) % refs.length
      liked.add(pair(user, subject))
      return { $type: LIKE, subject: refs[subject], createdAt: new Date().toISOString() }
    },
  }
}

/** Record keys of new records, in the order of their making. */
function nextKey() {
  nextKey.micros = Math.max((nextKey.micros ?? 0) + 1, Date.now() * 1000)
  return engine.tidFromMicros(nextKey.micros, 7)
}

async function measure(name, kind, concurrency) {
  const [withThem, without] = sides
  for (const side of sides) await run(side, kind, WARM, concurrency)
  const runs = new Map(sides.map((side) => [side, []]))
  for (let round = 0; round < Number(options.rounds); round++)
    for (const side of [withThem, without, without, withThem])
      runs.get(side).push(await run(side, kind, scale(COMMITS), concurrency))
  const medians = (side) => {
    const list = runs.get(side)
    return Object.fromEntries(Object.keys(list[0]).map((measure) => [measure, median(list.map((one) => one[measure]))]))
  }
  rows.push({ name, commits: scale(COMMITS), with: medians(withThem), without: medians(without) })
  process.stderr.write(`${name}\n`)
}

/** Microseconds of the clock and of CPU that each commit takes, and milliseconds that its writer waits. */
async function run(side, kind, count, concurrency) {
  const commands = side.commands(kind, count)
  const before = process.cpuUsage()
  const start = performance.now()
  const millis = await inParallel(count, concurrency, (i) => side.run(commands[i]))
  const micros = (performance.now() - start) * 1000
  const { user, system } = process.cpuUsage(before)
  return { each: micros / count, cpu: (user + system) / count, ...latencies(millis) }
}

function print() {
  const { node, cpu, cores, load } = describeMachine()
  console.log(`\nNode ${node}, ${cores} cores (${cpu}), load ${load}, scale ${options.factor}\n`)
  const headings =
    'commit of one|µs without|with|ratio|CPU µs without|with|ratio|p50 ms without|with|p99 ms without|with'
  const cells = (row) => {
    const of = (measure) => [row.without[measure], row.with[measure]]
    const compared = (measure) => [...of(measure), row.with[measure] / row.without[measure]]
    return [row.name, ...[...compared('each'), ...compared('cpu'), ...of('p50'), ...of('p99')].map(figure)]
  }
  console.log(formatTable(headings.split('|'), rows.map(cells)))
}
