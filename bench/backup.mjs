/** What backups cost those who write, how fast they are, and how long a restore takes. See README.md. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ADMIN, askAdmin } from './lib/admin.mjs'
import { Bench, inParallel, latencies } from './lib/bench.mjs'
import { eraseDirectory, makeDirectory } from './lib/directory.mjs'
import { loadEngine } from './lib/engine.mjs'
import { describeMachine } from './lib/machine.mjs'
import { readOptions } from './lib/options.mjs'
import { probed } from './lib/probe.mjs'
import { StartedServer } from './lib/server.mjs'
import { figure } from './lib/stats.mjs'
import { formatTable } from './lib/table.mjs'

const USAGE = `usage: node bench/backup.mjs [options]
  --only NAMES   figures whose names hold one of these texts, with commas between
  --scale N      this share of the records and calls; 0.05 is a quick look
  --json         figures as JSON
  --data DIR     where data directories and backups are made; the system's temporary directory
  --dist DIR     the build to run; dist`

const RECORDS = 50_000
const WRITES = 4_000
/** First backups of the same, in turn in the clear and encrypted. */
const ROUNDS = 3
const ACCOUNTS = 20
const AT_A_TIME = 16

const options = readOptions(USAGE, { data: { type: 'string' } })
const engine = await loadEngine(options.dist)
const folder = makeDirectory(options.data)
process.on('exit', () => eraseDirectory(folder))
const target = join(folder, 'backup')
const identityFile = join(folder, 'backup.age')
const server = await StartedServer.start(options, ADMIN)
const bench = new Bench(server, engine, options.scale)
const [writing, copying] = [[], []]
try {
  const accounts = []
  for (let i = 0; i < ACCOUNTS; i++) accounts.push(await bench.account())
  for (const account of accounts) await bench.fill(account, options.scale(RECORDS / ACCOUNTS))
  await write(accounts, 'to warm up')
  writing.length = 0

  await write(accounts, 'nothing is copied')
  await command(['backup', '--new-identity', identityFile])
  for (let round = 0; round < ROUNDS; round++)
    for (const wish of [{ target: `${target}-clear-${round}` }, { target: `${target}-sealed-${round}`, identityFile }])
      copying.push(await backUp(`all of it${wish.identityFile ? ', encrypted' : ''}`, wish))
  copying.push(await backUp('all of it'))
  copying.push(await backUp('nothing is new'))
  await inParallel(options.scale(1_000), AT_A_TIME, (i) => bench.createPost(accounts[i % ACCOUNTS]))
  copying.push(await backUp('1,000 posts are new'))
  for (const more of [{}, { identityFile }, {}, { identityFile }]) {
    let done = false
    const snapshots = (async () => {
      while (!done)
        await askAdmin(server, '/admin/backup', { target: join(folder, `other-${performance.now()}`), ...more })
    })()
    await write(accounts, `snapshots are made all the time${sealedBy(more)}`, () => (done = true))
    await snapshots
  }

  for (const [where, more] of [
    ['shipped', {}],
    ['sealed', { BACKUP_IDENTITY_FILE: identityFile }],
  ]) {
    server.settings = { ...ADMIN, BACKUP_TARGET: join(folder, where), ...more }
    await server.restart()
    for (const account of accounts) Object.assign(account, { since: 0 })
    for (const account of accounts) await bench.renew(account)
    while (!JSON.parse(await askAdmin(server, '/admin/backups')).snapshot)
      await new Promise((go) => setTimeout(go, 100))
    await write(accounts, `what is written is shipped${sealedBy(more)}`)
  }
  await server.end()
  for (const [name, from, args] of [
    ['restore', target, ['--data', join(folder, 'restored')]],
    ['restore with its log', join(folder, 'shipped'), ['--data', join(folder, 'again')]],
    [
      'restore with its log, encrypted',
      join(folder, 'sealed'),
      ['--data', join(folder, 'sealed-again'), '--identity-file', identityFile],
    ],
  ])
    copying.push({ name, ...(await command(['restore', from, ...args, '--json'])), megabytes: databaseMb() })
  copying.push({
    name: 'verify',
    ...(await command(['backup', target, '--verify', '--json'])),
    megabytes: databaseMb(),
  })
} finally {
  bench.close()
  await server.stop()
}
print()

/** Posts written by all accounts, while somebody asks for something small over and over. */
async function write(accounts, name, atEnd = () => undefined) {
  const count = options.scale(WRITES)
  const started = performance.now()
  const { result, longestMs } = await probed(server.url, () =>
    inParallel(count, AT_A_TIME, (i) => bench.createPost(accounts[i % ACCOUNTS])),
  )
  atEnd()
  const longestWriteMs = Math.max(...result)
  writing.push({
    name,
    rate: (count * 1000) / (performance.now() - started),
    ...latencies(result),
    longestWriteMs,
    longestMs,
  })
  process.stderr.write(`${name}\n`)
}

function sealedBy(more) {
  return Object.keys(more).length > 0 ? ', encrypted' : ''
}

async function backUp(name, wish = { target }) {
  const { result: answer, longestMs } = await probed(server.url, () => askAdmin(server, '/admin/backup', wish))
  const { result } = JSON.parse(answer.trim().split('\n').at(-1))
  process.stderr.write(`backup: ${name}\n`)
  const megabytes = result.databaseBytes / 1e6
  return { name: `backup: ${name}`, megabytes, seconds: result.seconds, newMb: result.newBytes / 1e6, longestMs }
}

/** A command in a process of its own, with the time that it takes to start. */
async function command(args) {
  const started = performance.now()
  const child = spawn(process.execPath, [join(options.dist, 'src/cli.js'), ...args], {
    env: { PATH: process.env.PATH, PDS_PORT: server.port },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`skylog ${args.join(' ')} ended with ${code}`)
  process.stderr.write(`${args[0]}\n`)
  return { seconds: (performance.now() - started) / 1000 }
}

function databaseMb() {
  const names = readdirSync(server.directory).filter((name) => /^skylog\.sqlite(-wal)?$/.test(name))
  return names.reduce((sum, name) => sum + statSync(join(server.directory, name)).size, 0) / 1e6
}

function print() {
  if (options.json)
    return console.log(JSON.stringify({ ...describeMachine(), scale: options.factor, writing, copying }, null, 2))
  const { node, cpu, cores, load } = describeMachine()
  console.log(`\nNode ${node}, ${cores} cores (${cpu}), load ${load}\n`)
  const chosen = (rows) => rows.filter(({ name }) => options.only(name))
  const shown = (value) => (value === undefined ? '' : figure(value))
  console.log(
    formatTable(
      ['posts written while', 'per s', 'p50 ms', 'p99 ms', 'longest ms', 'stall ms'],
      chosen(writing).map((row) => [
        row.name,
        ...[row.rate, row.p50, row.p99, row.longestWriteMs, row.longestMs].map(shown),
      ]),
    ),
  )
  console.log()
  console.log(
    formatTable(
      ['', 'MB', 'seconds', 'MB/s', 'stored MB', 'stall ms'],
      chosen(copying).map(({ name, megabytes, seconds, newMb, longestMs }) => [
        name,
        ...[megabytes, seconds, megabytes / seconds, newMb, longestMs].map(shown),
      ]),
    ),
  )
}
