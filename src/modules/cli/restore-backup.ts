import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type BackupTarget, BackupProblem } from '../backup/backup-target.js'
import { endsClean, type Generation, generationFor } from '../backup/generations.js'
import { joinStates, type KnownState, readKnownState, readLostState } from '../backup/known-state.js'
import { rebuildDatabase, type RebuiltDatabase } from '../backup/rebuild-database.js'
import { raiseFloor, restoreFiles } from '../backup/restore-files.js'
import { type BlobsRestored, RestoredBlobs } from '../backup/restored-blobs.js'
import { type Mended, RestoredServer } from '../backup/restored-server.js'
import { Clock } from '../config/clock.js'
import type { Config } from '../config/config.js'
import { syncDirectory } from '../config/private-file.js'
import { integrityProblems } from '../database/integrity.js'
import { openSource, showChecking } from './backup-anywhere.js'
import { offline } from './offline.js'
import { startProgress } from './progress.js'

export interface RestoreWish {
  source: string
  endpoint: string | null
  /** Milliseconds since the epoch; null: the newest there is. */
  at: number | null
  /** The data directory that was lost, as far as it can still be read. */
  lost: string | null
  /** What is in the way is renamed. */
  moveAside: boolean
}

export interface Restored {
  directory: string
  /** The moment that was restored, RFC 3339. */
  time: string
  /** Whether everything that was ever written is known: then what others have seen is known too. */
  isAll: boolean
  /** Why the end of the backup could not be read; null where it could. */
  endProblem: string | null
  /** Numbers of the log go on above this one. */
  floor: number
  files: number
  blobs: BlobsRestored
  mended: Mended
  repos: number
  /** Where what was there before is now. */
  movedTo: string | null
  /** What is wrong with it; then it is not in place, but in `directory`. */
  problems: string[]
}

/** What is put together, in a folder beside the one that it is for. */
interface Work {
  target: BackupTarget
  directory: string
  config: Config
}

/**
 * Restores a backup into a data directory that is new or empty. It is put together and checked beside it, and takes its place at
 * the end. `configFor` gives the settings for a data directory.
 * @throws BackupProblem for what is missing or damaged; Error where there is something in the way
 */
export async function restoreBackup(wish: RestoreWish, configFor: (directory?: string) => Config): Promise<Restored> {
  const config = configFor()
  const place = resolve(config.dataDirectory)
  const isTaken = existsSync(place) && readdirSync(place).length > 0
  if (isTaken && !wish.moveAside)
    throw new Error(`${place} is not empty: restore into another directory, or have it renamed by --move-aside`)
  const target = await openSource(wish.source, wish.endpoint, config)
  mkdirSync(dirname(place), { recursive: true })
  const directory = mkdtempSync(join(dirname(place), `${basename(place)}.restoring-`))
  let isKept = false
  try {
    const restored = await putTogether({ target, directory, config: configFor(directory) }, wish)
    isKept = restored.problems.length > 0
    if (isKept) return { ...restored, directory }
    return { ...restored, directory: place, movedTo: putInPlace(directory, place, isTaken) }
  } finally {
    target.close()
    if (!isKept) rmSync(directory, { recursive: true, force: true })
  }
}

async function putTogether(work: Work, wish: RestoreWish): Promise<Restored> {
  const { target, directory, config } = work
  const { at } = wish
  const clock = new Clock()
  const generation = await generationFor(target, at)
  const { manifest } = generation
  if (manifest.server !== config.serviceDid)
    throw new BackupProblem(
      `the backup is of ${manifest.server}, this is ${config.serviceDid}: set PDS_HOSTNAME as it was`,
    )
  const file = join(directory, 'skylog.sqlite')
  const rebuilt = await showing('Restoring', undefined, (tell) => rebuildDatabase(target, generation, at, file, tell))
  const broken = integrityProblems(file)
  if (broken.length > 0) throw new BackupProblem(`the database is damaged: ${broken[0]}`)
  const { later, isAll, endProblem } = await whatCameAfter(work, wish, generation, rebuilt)
  const seq = Math.max(rebuilt.seq, later.seq)
  const floor = await raiseFloor(directory, { seq, time: rebuilt.time, isAll }, clock.now())
  const files = await restoreFiles(target, manifest, rebuilt.files, directory)
  const aftermath = { time: rebuilt.time, later, isAll, source: target.name }
  const { mended, blobs } = await offline(config, async (app) => ({
    mended: await showing('Signing', 'repositories', (tell) =>
      app.get(RestoredServer, { strict: false }).mend(aftermath, tell),
    ),
    blobs: await showing('Restoring', 'blobs', (tell) =>
      app.get(RestoredBlobs, { strict: false }).restore(target, tell),
    ),
  }))
  const { repos, problems } = await showChecking(directory)
  const time = new Date(rebuilt.time).toISOString()
  return { directory, time, isAll, endProblem, floor, files, blobs, mended, repos, movedTo: null, problems }
}

/** What is known of the state in the end, from the end of the backup and from what is left of the lost directory. */
async function whatCameAfter(
  { target, directory }: Work,
  { at, lost }: RestoreWish,
  generation: Generation,
  rebuilt: RebuiltDatabase,
): Promise<{ later: KnownState; isAll: boolean; endProblem: string | null }> {
  const scratch = join(directory, 'tmp')
  let endProblem: string | null = null
  let isAll = false
  let ended: KnownState = { ...readKnownState(join(directory, 'skylog.sqlite'), scratch), seq: rebuilt.seq }
  try {
    const newest = at === null ? generation : await generationFor(target, null)
    if (at !== null) ended = await readEnd(target, newest, directory)
    isAll = await endsClean(target, newest)
  } catch (error) {
    // Then anything may have come after.
    if (!(error instanceof BackupProblem)) throw error
    endProblem = error.message
  }
  const left = lost === null ? null : readLostState(lost, scratch)
  if (left && endProblem === null) isAll = left.seq >= ended.seq
  return { later: joinStates(ended, left)!, isAll, endProblem }
}

async function readEnd(target: BackupTarget, newest: Generation, directory: string): Promise<KnownState> {
  const end = join(directory, 'end.sqlite')
  try {
    const { seq } = await showing('Reading the end', undefined, (tell) =>
      rebuildDatabase(target, newest, null, end, tell),
    )
    return { ...readKnownState(end, join(directory, 'tmp')), seq }
  } finally {
    for (const name of [end, `${end}-wal`, `${end}-shm`]) rmSync(name, { force: true })
  }
}

/** Gives what was in the way another name, which is given back. */
function putInPlace(directory: string, place: string, isTaken: boolean): string | null {
  const aside = isTaken ? `${place}.before-${new Clock().iso().replace(/[-:.]/g, '')}` : null
  if (aside !== null) renameSync(place, aside)
  else if (existsSync(place)) rmdirSync(place)
  renameSync(directory, place)
  syncDirectory(place)
  return aside
}

async function showing<T>(
  label: string,
  unit: string | undefined,
  work: (tell: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const progress = startProgress(label, 0, unit)
  try {
    return await work((done, total) => progress.to(done, total))
  } finally {
    progress.end()
  }
}
