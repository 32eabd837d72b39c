import { join } from 'node:path'
import { verifyCommit } from '../../repo-engine/index.js'
import type { Reader } from '../database/database.js'
import { SqliteDatabase } from '../database/sqlite-database.js'
import { examineRepo, Problems } from './examine-repo.js'
import type { Progress } from './progress.js'
import { compareLog, disagreements } from './repo-report.js'
import { StoredRepo } from './stored-repo.js'

/** All of them together show how far they have come. */
const SILENT: Progress = { to: () => undefined, end: () => undefined }

/** What a look at all repositories of a data directory has found. */
export interface ReposChecked {
  repos: number
  /** Each begins with the DID. */
  problems: string[]
}

/**
 * Checks every repository as `verify` does one: hashes, structure, rows, log. Signatures are held against the keys that are in
 * the database: nobody is asked, so those of repositories that are only kept here are left as they were found when they came.
 */
export async function checkRepos(
  directory: string,
  onProgress: (done: number, total: number) => void,
): Promise<ReposChecked> {
  const database = await SqliteDatabase.openReadOnly(join(directory, 'skylog.sqlite'))
  try {
    return await database.snapshot(async (reader) => {
      const problems = new Problems()
      const rows = await reader.all<{ did: string }>(
        "SELECT did FROM repo WHERE coalesce(status, '') <> 'deleted' ORDER BY did",
      )
      for (const [n, { did }] of rows.entries()) {
        for (const line of await checkRepo(reader, did)) problems.add(`${did}: ${line}`)
        onProgress(n + 1, rows.length)
      }
      return { repos: rows.length, problems: problems.lines() }
    })
  } finally {
    await database.close()
  }
}

async function checkRepo(reader: Reader, did: string): Promise<string[]> {
  const stored = await StoredRepo.open(reader, did)
  if (!stored) return []
  const problems = new Problems()
  const found = await examineRepo(stored, stored.repo.did, () => undefined)
  problems.add(...found.problems.lines())
  if (found.whole) await stored.finish()
  problems.add(...stored.problems)
  const key = await reader.get<{ public_key: string }>('SELECT public_key FROM signing_key WHERE did = ?', did)
  if (found.commit) {
    problems.add(...disagreements(stored, found.commit))
    if (stored.repo.hosting === 'hosted' && key && !verifyCommit(found.commit, key.public_key))
      problems.add(`the head is not signed by the key held here: ${key.public_key}`)
  }
  await compareLog(stored, problems, () => SILENT)
  return problems.lines()
}
