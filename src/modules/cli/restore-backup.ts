import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type BackupTarget, BackupProblem } from '../backup/backup-target.js'
import { endsClean, type Generation, generationFor } from '../backup/generations.js'
import { joinStates, type KnownState, readKnownState, readLostState } from '../backup/known-state.js'
import { rebuildDatabase, type RebuiltDatabase } from '../backup/rebuild-database.js'
import { raiseFloor, restoreFiles } from '../backup/restore-files.js'
import { type BlobsRestored, RestoredBlobs } from '../backup/restored-blobs.js'
import { type Mended, RestoredServer } from '../backup/restored-server.js'
import { Clock } from '../config/clock.js'
import { type Config, DataDirectoryInUse } from '../config/config.js'
import { syncDirectory } from '../config/private-file.js'
import { integrityProblems } from '../database/integrity.js'
import { SqliteDatabase } from '../database/sqlite-database.js'
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
  /** The server has run since the backup says that it stopped. */
  ranSince: boolean
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
  const isThere = existsSync(place)
  const isTaken = isThere && readdirSync(place).length > 0
  if (isTaken && !wish.moveAside)
    throw new Error(`${place} is not empty: restore into another directory, or have it renamed by --move-aside`)
  if (isTaken && statSync(place).dev !== statSync(dirname(place)).dev)
    throw new Error(`${place} is a disk of its own, which cannot be renamed: move away what is in it`)
  for (const used of [place, wish.lost]) if (used !== null) assertUnused(used)
  const target = await openSource(wish.source, wish.endpoint, config)
  mkdirSync(dirname(place), { recursive: true })
  // A folder that is there may be a disk of its own, such as the volume of a container: then it is filled from within.
  const directory = mkdtempSync(isThere && !isTaken ? join(place, 'restoring-') : `${place}.restoring-`)
  let isKept = false
  try {
    const restored = await putTogether({ target, directory, config: configFor(directory) }, wish)
    isKept = restored.problems.length > 0
    if (isKept) return { ...restored, directory }
    isKept = true
    const movedTo = putInPlace(directory, place, isTaken)
    return { ...restored, directory: place, movedTo }
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
  { at, lost, ranSince }: RestoreWish,
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
    isAll = !ranSince && (await endsClean(target, newest))
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

/** @throws Error when a server runs on a data directory */
function assertUnused(directory: string): void {
  if (SqliteDatabase.isInUse(join(directory, 'skylog.sqlite')))
    throw new DataDirectoryInUse(`a server runs on ${directory}: stop it first`)
}

/** Gives what was in the way another name, which is given back. @throws Error that says where everything is */
function putInPlace(directory: string, place: string, isTaken: boolean): string | null {
  const aside = isTaken ? `${place}.before-${new Clock().iso().replace(/[-:.]/g, '')}` : null
  try {
    assertUnused(place)
    if (aside !== null) renameSync(place, aside)
    if (dirname(directory) === place) empty(directory)
    else renameSync(directory, place)
    syncDirectory(place)
    return aside
  } catch (error) {
    throw new Error(`all is restored in ${directory}, but could not take its place: ${(error as Error).message}`)
  }
}

/** Moves what is in a folder to where the folder is; the database last, without which it is no data directory. */
function empty(folder: string): void {
  const names = readdirSync(folder).sort((one, other) => Number(isDatabase(one)) - Number(isDatabase(other)))
  for (const name of names) renameSync(join(folder, name), join(dirname(folder), name))
  rmdirSync(folder)
  syncDirectory(folder)
}

function isDatabase(name: string): boolean {
  return name === 'skylog.sqlite'
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
