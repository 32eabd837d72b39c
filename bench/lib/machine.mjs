import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'

/** Clock ticks a second in /proc; the same on every Linux that Node runs on. */
const TICKS = 100
const SAMPLE_MS = 50
/** Between looks at the memory of several processes, which is found out page by page. */
const SAMPLE_SEVERAL_MS = 1_000

/** What a run was made on. */
export function describeMachine() {
  return {
    node: process.version,
    cpu: cpus()[0]?.model ?? process.arch,
    cores: availableParallelism(),
    load: Number(loadavg()[0].toFixed(2)),
  }
}

/**
 * CPU seconds that a process has used so far, all its threads; NaN where there is no /proc. The scheduler counts
 * nanoseconds for each thread; where it does not, the process's own count of hundredths of a second has to do.
 */
function cpuSeconds(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanos = threads.map((thread) => Number(readProc(`${pid}/task/${thread}/schedstat`).split(' ')[0]))
    return nanos.reduce((sum, value) => sum + value, 0) / 1e9
  } catch {
    const stat = readProc(`${pid}/stat`)
    if (stat === null) return NaN
    // The command's name, in brackets, may hold blanks; user and system time are the 12th and 13th field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  }
}

/** Resident memory of a process, in MB. */
export function residentMb(pid) {
  return megabytes(pid, 'status', 'VmRSS')
}

/** Resident memory of a process, in MB, without the files that it maps. */
export function ownMb(pid) {
  return megabytes(pid, 'status', 'RssAnon')
}

/** Memory of some processes together, in MB: what several of them share counts once. */
function memoryMb(pids) {
  if (pids.length === 1) return residentMb(pids[0])
  const sizes = pids.map((pid) => megabytes(pid, 'smaps_rollup', 'Pss')).filter((size) => size !== undefined)
  return sizes.length > 0 ? sizes.reduce((sum, size) => sum + size, 0) : undefined
}

function megabytes(pid, file, field) {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readProc(`${pid}/${file}`) ?? '')
  return line ? Number(line[1]) / 1024 : undefined
}

/** The processes of a server: `1234`, or `1234,1235+` for several, where + takes in all that came of that one. */
function processesOf(pids) {
  return String(pids ?? '')
    .split(',')
    .filter(Boolean)
    .flatMap((pid) => (pid.endsWith('+') ? withDescendants(Number.parseInt(pid, 10)) : [Number(pid)]))
}

function withDescendants(pid) {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => readProc(`${pid}/task/${thread}/children`) ?? '')
  const children = threads.flatMap((list) => list.split(' ').filter(Boolean).map(Number))
  return [pid, ...children.flatMap(withDescendants)]
}

/** CPU seconds of each process so far. */
function cpuOf(pids) {
  return new Map(pids.map((pid) => [pid, cpuSeconds(pid)]))
}

/** CPU seconds that the whole machine was busy. */
function busySeconds() {
  const line = readProc('stat')
  if (line === null) return NaN
  const [user, nice, system, , , irq, softirq, steal] = line.split('\n', 1)[0].trim().split(/\s+/).slice(1).map(Number)
  return (user + nice + system + irq + softirq + steal) / TICKS
}

function readProc(path) {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return null
  }
}

/**
 * Runs `work` and says what it took: seconds of the clock, CPU seconds and peak memory of the server, CPU seconds of
 * this client, and how many cores were busy with anything else, which makes the clock's figures doubtful. The server is one
 * process, or several as {@link processesOf} takes them.
 */
export async function metered(server, work) {
  const pids = processesOf(server)
  let peakMb = memoryMb(pids)
  const sample = () => {
    const now = memoryMb(pids)
    if (now > peakMb) peakMb = now
  }
  const timer = setInterval(sample, pids.length > 1 ? SAMPLE_SEVERAL_MS : SAMPLE_MS)
  const before = { own: process.cpuUsage(), server: cpuOf(pids), busy: busySeconds() }
  const start = performance.now()
  try {
    const result = await work()
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(before.own)
    const clientSeconds = (user + system) / 1e6
    let serverSeconds = pids.length > 0 ? 0 : NaN
    for (const [pid, used] of cpuOf(processesOf(server))) serverSeconds += used - (before.server.get(pid) ?? 0)
    const otherCores = Math.max(0, (busySeconds() - before.busy - serverSeconds - clientSeconds) / seconds)
    sample()
    return { result, seconds, serverSeconds, clientSeconds, peakMb, otherCores }
  } finally {
    clearInterval(timer)
  }
}
