/** How fast blobs come in and go out, here and beside another server. See README.md. */
import { randomFillSync } from 'node:crypto'
import { Bench, latencies } from './lib/bench.mjs'
import { loadEngine } from './lib/engine.mjs'
import { describeMachine, metered } from './lib/machine.mjs'
import { inParallel } from './lib/bench.mjs'
import { readOptions } from './lib/options.mjs'
import { GivenServer, StartedServer } from './lib/server.mjs'
import { figure, meanOf, randomSource } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'

const USAGE = `usage: node bench/blobs.mjs [options]
  --bytes N            size of a blob; 1000000
  --official URL       another server, to which the same is done by turns; it must run already, with its rate limits off
  --official-pid PIDS  its processes, for their CPU and memory
  --only NAMES         figures whose names hold one of these texts, with commas between: uploadBlob, getBlob
  --scale N            this share of the calls; 0.05 is a quick look
  --json               figures as JSON
  --url URL, --pid PIDS  a server of this project that is running already, instead of one started here
  --data DIR           where a server started here gets its data directory; the system's temporary directory
  --dist DIR           the build to run; dist`

const UPLOADS = 600
const DOWNLOADS = 2_000
const AT_A_TIME = 16
const FILES = 'com.example.file'
const MEASURES = ['rate', 'megabytes', 'p50', 'p99', 'cpu', 'peakMb', 'grownMb']

const text = { type: 'string' }
const options = readOptions(USAGE, {
  bytes: { type: 'string', default: '1000000' },
  official: text,
  'official-pid': text,
  url: text,
  pid: text,
  data: text,
})
const size = Number(options.bytes)
const engine = await loadEngine(options.dist)
const mine = options.url ? new GivenServer(options.url, options.pid) : await StartedServer.start(options)
const sides = [await sideOf('this server', mine)]
if (options.official) sides.push(await sideOf('the other', new GivenServer(options.official, options['official-pid'])))
try {
  for (const side of sides) await warmUp(side)
  // A steady change of the machine's load falls on both alike.
  const order = sides.length > 1 ? [sides[0], sides[1], sides[1], sides[0]] : [sides[0], sides[0]]
  for (const [name, run] of Object.entries({ uploadBlob, getBlob, 'getBlob of a range': getRange })) {
    if (!options.only(name)) continue
    for (const side of order) {
      side.rows.push({ name, ...(await run(side)) })
      process.stderr.write(`${side.bench.server.url} ${name}\n`)
    }
  }
} finally {
  for (const { bench } of sides) bench.close()
  await mine.stop()
}
print()

async function sideOf(label, server) {
  const bench = new Bench(server, engine, options.scale)
  return { label, bench, account: await bench.account(), cids: [], rows: [] }
}

/** So many blobs that records refer to, and code that has run often enough. */
async function warmUp(side) {
  await inParallel(40, AT_A_TIME, async () => side.cids.push(await post(side)))
  await inParallel(40, AT_A_TIME, (i) => download(side, side.cids[i % side.cids.length]))
}

function uploadBlob(side) {
  return measured(side, options.scale(UPLOADS), () => upload(side))
}

function getBlob(side) {
  const random = randomSource(3)
  return measured(side, options.scale(DOWNLOADS), () => download(side, random.pick(side.cids)))
}

function getRange(side) {
  const random = randomSource(4)
  const middle = Math.floor(size / 2)
  const headers = { range: `bytes=${middle}-${middle + 65_535}` }
  const call = async () => {
    const query = new URLSearchParams({ did: side.account.did, cid: random.pick(side.cids) })
    const answer = await fetch(`${side.bench.server.url}/xrpc/com.atproto.sync.getBlob?${query}`, { headers })
    return (await answer.arrayBuffer()).byteLength
  }
  return measured(side, options.scale(DOWNLOADS), call)
}

/** Calls side by side; the bytes that each gives make the MB/s. */
async function measured({ bench }, count, call) {
  const { pid } = bench.server
  let bytes = 0
  const before = await metered(pid, () => Promise.resolve())
  const run = await metered(pid, () =>
    inParallel(count, AT_A_TIME, async () => {
      const more = await call()
      bytes += more
    }),
  )
  return {
    count,
    rate: count / run.seconds,
    megabytes: bytes / 1e6 / run.seconds,
    ...latencies(run.result),
    cpu: (run.serverSeconds * 1e6) / count,
    peakMb: run.peakMb,
    grownMb: run.peakMb - before.peakMb,
    otherCores: run.otherCores,
  }
}

async function upload({ account }) {
  const blob = Buffer.alloc(size)
  randomFillSync(blob)
  const answer = await account.client.send('POST', 'com.atproto.repo.uploadBlob', {
    type: 'application/octet-stream',
    body: blob,
  })
  return JSON.parse(answer.toString()).blob.size
}

/** Uploads a blob that a record refers to. Gives its CID. */
async function post({ account }) {
  const body = Buffer.alloc(size)
  randomFillSync(body)
  const type = 'application/octet-stream'
  const answer = await account.client.send('POST', 'com.atproto.repo.uploadBlob', { type, body })
  const { blob: file } = JSON.parse(answer.toString())
  const record = { $type: FILES, file }
  const input = { repo: account.did, collection: FILES, record }
  await account.client.procedure('com.atproto.repo.createRecord', input)
  return file.ref.$link
}

async function download({ bench, account }, cid) {
  return (await bench.client.download('com.atproto.sync.getBlob', { did: account.did, cid })).bytes
}

function print() {
  const [ours, theirs] = sides.map(averagesOf)
  if (options.json)
    return console.log(JSON.stringify({ ...describeMachine(), size, scale: options.factor, ours, theirs }, null, 2))
  const { node, cpu, cores, load } = describeMachine()
  console.log(`\nNode ${node}, ${cores} cores (${cpu}), load ${load}, blobs of ${figure(size)} bytes\n`)
  const headings = 'figure|server|n|per s|MB/s|p50 ms|p99 ms|CPU µs each|peak MB|grown MB'.split('|')
  const lines = ours.flatMap((row, i) =>
    [row, theirs?.[i]]
      .filter(Boolean)
      .map((one, at) => [
        one.name,
        sides[at].label,
        figure(one.count),
        ...MEASURES.map((measure) => figure(one[measure])),
      ]),
  )
  console.log(formatTable(headings, lines, [0, 1]))
  if (!theirs) return
  const ratios = ours.map((row, i) => [
    row.name,
    ...['rate', 'p50', 'cpu'].map((m) => figure(ratioOf(m, row, theirs[i]))),
  ])
  console.log(`\nHow many times better this server is:\n`)
  console.log(formatTable(['figure', 'per s', 'p50', 'CPU'], ratios))
}

function ratioOf(measure, { [measure]: a }, { [measure]: b }) {
  return measure === 'rate' ? a / b : b / a
}

function averagesOf({ rows }) {
  return [...Map.groupBy(rows, ({ name }) => name).values()].map((same) => ({
    name: same[0].name,
    count: same[0].count,
    ...meanOf(same, MEASURES),
  }))
}
