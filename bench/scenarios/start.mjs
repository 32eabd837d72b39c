import { setTimeout as sleep } from 'node:timers/promises'
import { residentMb } from '../lib/machine.mjs'
import { median } from '../lib/stats.mjs'
import { StartedServer } from '../lib/server.mjs'

const STARTS = 3
const IDLE_MS = 3_000

/** From the start of the process to the first good _health, on an empty directory and on a used one; memory when idle. */
export async function* start({ server }) {
  if (!(server instanceof StartedServer)) return
  const fresh = await StartedServer.start(server.options)
  try {
    yield { name: 'start on an empty directory', unit: 'starts', count: 1, p50: fresh.startMs }
    const times = []
    for (let i = 0; i < STARTS; i++) {
      await fresh.restart()
      times.push(fresh.startMs)
    }
    await sleep(IDLE_MS)
    yield { name: 'start, then idle', unit: 'starts', count: STARTS, p50: median(times), peakMb: residentMb(fresh.pid) }
  } finally {
    await fresh.stop()
  }
}
