/**
 * Starts fifty networks one after another and then five at a time, and prints what is left of them, as JSON. Run as a
 * program of its own, with --expose-gc.
 */
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { startTestNetwork } from 'skylog/testing'

const warnings = []
process.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`))

async function useOne() {
  const network = await startTestNetwork()
  const { create } = await network.createAccount()
  const stream = new WebSocket(`${network.pds[0].firehoseUrl}?cursor=0`)
  const ended = new Promise((resolve) => (stream.onclose = resolve))
  await new Promise((resolve) => (stream.onmessage = resolve))
  await create({ $type: 'app.bsky.feed.post', text: 'Hello', createdAt: new Date().toISOString() })
  await network.close()
  await ended
}

/** When what is only waiting to be collected or closed has been: when it is as is given, or does not get there. */
async function left(expected) {
  for (let tries = 0; ; tries++) {
    await new Promise((resolve) => setTimeout(resolve, expected ? 100 : 1_000))
    for (let i = 0; i < 3; i++) gc()
    const now = look()
    if (!expected || tries === 300 || isDeepStrictEqual({ ...now, heapMB: 0 }, { ...expected, heapMB: 0 })) return now
  }
}

function look() {
  return {
    heapMB: process.memoryUsage().heapUsed / 1e6,
    // Timers and sockets, by their kinds: what keeps a test runner from ending.
    handles: process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate'),
    files: readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length,
    directories: readdirSync(tmpdir()).filter((name) => name.startsWith('skylog-')),
    listeners: process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`),
  }
}

// What is loaded and compiled once is nobody's leak.
for (let i = 0; i < 10; i++) await useOne()
const before = await left()
for (let i = 0; i < 30; i++) await useOne()
for (let i = 0; i < 2; i++) await Promise.all([1, 2, 3, 4, 5].map(useOne))
const after = await left(before)
process.stdout.write(JSON.stringify({ before, after, warnings }))
