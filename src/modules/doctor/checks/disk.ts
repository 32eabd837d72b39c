/** The disk under the data directory: room, speed, who may read it, and whether the write-ahead log gets copied. */
import { randomUUID } from 'node:crypto'
import { open, readdir, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Check } from '../check.js'
import { type Finding, note, ok, orElse, problem, warning } from '../finding.js'
import type { Patient } from '../patient.js'

const MB = 1000 * 1000
const GB = 1000 * MB
/** Below these there is little left, or next to nothing. */
const SPACE = { problem: 200 * MB, warning: 2 * GB, share: 0.05 }
/** What a sync may take; each write waits for one. Milliseconds. */
const SYNC = { warning: 50, problem: 500 }
const SYNCS = 3
/** The WAL is copied back every 16 MB unless somebody reads all that while. */
const LARGE_WAL = 256 * MB
/** Reading and writing, for anybody else. */
const OTHERS = 0o077

export const DISK: Check[] = [
  { area: 'disk', where: 'here', run: space },
  { area: 'disk', where: 'here', run: speed },
  { area: 'disk', where: 'here', run: permissions },
  { area: 'disk', where: 'here', run: writeAheadLog },
]

/** Bytes and files that a file system has, and that are left to us. `files` 0: it does not count them. */
export interface Room {
  bytes: number
  bytesFree: number
  files: number
  filesFree: number
}

/** What there is to be said of the room in a directory. */
export function roomFindings(directory: string, { bytes, bytesFree, files, filesFree }: Room): Finding[] {
  const found: Finding[] = []
  const left = `${directory} has room for ${bytesFree >= GB ? `${(bytesFree / GB).toFixed(1)} GB` : `${Math.round(bytesFree / MB)} MB`} more`
  const advice = 'Make room, or move it to a larger disk: when it is full, nothing can be written.'
  if (bytesFree < SPACE.problem) found.push(problem(left, advice))
  else if (bytesFree < SPACE.warning && bytesFree < bytes * 0.2) found.push(warning(left, advice))
  else if (bytesFree < bytes * SPACE.share) found.push(warning(left, advice))
  else found.push(ok(left))
  if (files > 0 && filesFree < files * SPACE.share)
    found.push(
      warning(
        `the file system of ${directory} has ${filesFree} inodes left of ${files}`,
        'Blobs are a file each: delete files, or make a file system with more inodes.',
      ),
    )
  return found
}

async function space({ config }: Patient): Promise<Finding[]> {
  const { dataDirectory, blobStore, log } = config
  const directories = [dataDirectory]
  if (blobStore.kind === 'disk') directories.push(blobStore.directory)
  if (log.destination !== null) directories.push(dirname(log.destination))
  const found: Finding[] = []
  const devices = new Set<number>()
  for (const directory of directories) {
    const at = await stat(directory).catch(() => null)
    if (!at || devices.has(at.dev)) continue
    devices.add(at.dev)
    const { bsize, blocks, bavail, files, ffree } = await statfs(directory)
    found.push(
      ...roomFindings(directory, { bytes: blocks * bsize, bytesFree: bavail * bsize, files, filesFree: ffree }),
    )
  }
  return found
}

/** What there is to be said of a disk on which a sync takes so many milliseconds. */
export function speedFinding(ms: number): Finding {
  const text = `a write reaches the disk in ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
  const advice = 'Every write waits for that: put the data directory on a local SSD, not on a network file system.'
  return ms >= SYNC.problem ? problem(text, advice) : ms >= SYNC.warning ? warning(text, advice) : ok(text)
}

async function speed({ config: { dataDirectory } }: Patient): Promise<Finding[]> {
  const path = join(dataDirectory, `.doctor-${randomUUID()}`)
  if (!(await stat(dataDirectory).catch(() => null))) return []
  let file
  try {
    file = await open(path, 'wx', 0o600)
  } catch (error) {
    const { code } = error as { code?: string }
    return [
      problem(
        `nothing can be written to ${dataDirectory}: ${code}`,
        'Give the user that the server runs as the right to write there.',
      ),
    ]
  }
  try {
    const times: number[] = []
    for (let i = 0; i < SYNCS; i++) {
      const began = performance.now()
      await file.write(Buffer.alloc(4096), 0, 4096, 0)
      await file.datasync()
      times.push(performance.now() - began)
    }
    return [speedFinding(times.sort((a, b) => a - b)[1]!)]
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
}

async function permissions({ config: { dataDirectory, backup } }: Patient): Promise<Finding[]> {
  if (process.platform === 'win32') return []
  const modeOf = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.mode ?? 0
  const found: Finding[] = []
  const moves = await readdir(join(dataDirectory, 'moves')).catch(() => [])
  const secret = ['secrets.json', ...moves.map((name) => join('moves', name))].map((name) => join(dataDirectory, name))
  if (backup.identityFile !== null) secret.push(backup.identityFile)
  for (const path of secret)
    if (((await modeOf(path)) & OTHERS) !== 0)
      found.push(problem(`others on this machine may read ${path}`, `chmod 600 ${path}`))
  const database = join(dataDirectory, 'skylog.sqlite')
  const isOpen = ((await modeOf(dataDirectory)) & 0o001) !== 0 && ((await modeOf(database)) & 0o004) !== 0
  if (isOpen)
    found.push(note(`others on this machine may read the database in ${dataDirectory}`, `chmod 700 ${dataDirectory}`))
  return orElse(found, 'secrets are readable by their owner alone')
}

async function writeAheadLog({ config: { dataDirectory } }: Patient): Promise<Finding[]> {
  const wal = await stat(join(dataDirectory, 'skylog.sqlite-wal')).catch(() => null)
  if (!wal || wal.size < LARGE_WAL) return []
  return [
    warning(
      `the write-ahead log of the database has ${Math.round(wal.size / MB)} MB`,
      'It is copied into the database when nobody reads an older state: look for an export or a backup that does not end. A restart does it as well.',
    ),
  ]
}
