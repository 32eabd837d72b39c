import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BackupTarget, BackupProblem } from '../backup/backup-target.js'
import { Backups, type BackupWish } from '../backup/backups.js'
import { generationFor } from '../backup/generations.js'
import { accessOf, openTarget, targetName } from '../backup/open-target.js'
import { rebuildDatabase } from '../backup/rebuild-database.js'
import type { Snapshot } from '../backup/snapshot.js'
import { TargetCheck, type TargetReport } from '../backup/verify-target.js'
import { Clock } from '../config/clock.js'
import type { Config } from '../config/config.js'
import { integrityProblems } from '../database/integrity.js'
import { checkRepos } from './check-repos.js'
import { startProgress } from './progress.js'
import { online } from './running-server.js'

/** Makes a backup of the data directory, by the server that runs on it if there is one. */
export async function backUp(wish: BackupWish, config: Config): Promise<Snapshot> {
  // A path is the caller's, wherever the server was started.
  const named = { ...wish, target: wish.target && targetName(wish.target) }
  const progress = startProgress('Copying', 0)
  const onProgress = (done: number, total: number): void => progress.to(done, total)
  try {
    return await online(
      config,
      (server) => server.work<Snapshot>('/admin/backup', named, onProgress),
      (app) => app.get(Backups, { strict: false }).run(named, onProgress),
    )
  } finally {
    progress.end()
  }
}

/** What a target is worth. */
export interface BackupVerdict extends TargetReport {
  /** Repositories of the newest state that were checked; null where it was not come to that. */
  repos: number | null
}

/** Reads everything in a target, then restores the newest state into a temporary folder and checks what is in it. */
export async function verifyBackup(name: string, endpoint: string | null, config: Config): Promise<BackupVerdict> {
  const target = await openSource(name, endpoint, config)
  const reading = startProgress('Reading', 0, 'objects')
  let report: TargetReport
  try {
    report = await new TargetCheck(target, (objects) => reading.to(objects)).run()
  } finally {
    reading.end()
  }
  try {
    return report.problems.count > 0 ? { ...report, repos: null } : await tryOut(target, report)
  } finally {
    target.close()
  }
}

/** Opens a target to read from. @throws as {@link openTarget} */
export function openSource(name: string, endpoint: string | null, { backup }: Config): Promise<BackupTarget> {
  const clock = new Clock()
  return openTarget(name, accessOf(backup, { endpoint, identityFile: null }), () => clock.now())
}

async function tryOut(target: BackupTarget, report: TargetReport): Promise<BackupVerdict> {
  const directory = mkdtempSync(join(tmpdir(), 'skylog-verify-'))
  const file = join(directory, 'skylog.sqlite')
  const restoring = startProgress('Restoring', 0)
  try {
    const generation = await generationFor(target, null)
    await rebuildDatabase(target, generation, null, file, (done, total) => restoring.to(done, total))
    restoring.end()
    const problems = integrityProblems(file)
    let repos: number | null = null
    if (problems.length === 0) {
      const found = await showChecking(directory)
      repos = found.repos
      problems.push(...found.problems)
    }
    return { ...report, repos, problems: { count: problems.length, told: problems } }
  } catch (error) {
    if (!(error instanceof BackupProblem)) throw error
    return { ...report, repos: null, problems: { count: 1, told: [error.message] } }
  } finally {
    restoring.end()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** {@link checkRepos}, with progress. */
export async function showChecking(directory: string): ReturnType<typeof checkRepos> {
  const checking = startProgress('Checking', 0, 'repositories')
  try {
    return await checkRepos(directory, (done, total) => checking.to(done, total))
  } finally {
    checking.end()
  }
}
