/**
 * Asks a server for something small every 20 ms, in a thread of its own so that nothing the client does delays the
 * question: how long the server leaves others waiting while it is at something large.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Client } from './client.mjs'
import { percentile } from './stats.mjs'

const EVERY_MS = 20

/** Runs `work` while the server is probed; gives its result, and the longest and the median wait in milliseconds. */
export async function probed(url, work) {
  const worker = new Worker(new URL(import.meta.url), { workerData: url })
  await once(worker, 'message')
  try {
    const result = await work()
    worker.postMessage('stop')
    const [waits] = await once(worker, 'message')
    return { result, longestMs: waits.at(-1), medianMs: percentile(waits, 0.5) }
  } finally {
    await worker.terminate()
  }
}

if (!isMainThread) {
  const client = new Client(workerData)
  const ask = () => client.query('com.atproto.server.describeServer')
  const waits = []
  let stopped = false
  parentPort.once('message', () => (stopped = true))
  for (let i = 0; i < 20; i++) await ask()
  parentPort.postMessage('ready')
  // Each question is put at its time, whether the one before is answered or not.
  const open = new Set()
  while (!stopped) {
    const start = performance.now()
    const answer = ask().then(() => {
      waits.push(performance.now() - start)
      open.delete(answer)
    })
    open.add(answer)
    await sleep(EVERY_MS)
  }
  await Promise.all(open)
  client.close()
  parentPort.postMessage(waits.sort((a, b) => a - b))
}
