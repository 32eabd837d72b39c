import type { Did } from '../../repo-engine/index.js'
import type { Config } from '../config/config.js'
import { readDatabase } from './find-account.js'
import { startProgress } from './progress.js'
import { type RepoReport, reportOn } from './repo-report.js'

/** What is wrong with one of many repositories. */
export interface BadRepo {
  did: Did
  handle: string | null
  problems: string[]
}

export interface VerifiedAll {
  repos: number
  records: number
  events: number
  bad: BadRepo[]
}

/** Verifies every repository of the data directory in full, one after another; those that are being erased are left out. */
export async function verifyAll(config: Config): Promise<VerifiedAll> {
  const { dids, work } = await readDatabase(config, async (read) => ({
    dids: await read.all<{ did: Did }>(`SELECT did FROM repo WHERE ${LIVING} ORDER BY did`),
    work: (await read.get<{ n: number }>(WORK))!.n,
  }))
  const shown = startProgress('Verifying', work, 'blocks and events')
  const all: VerifiedAll = { repos: 0, records: 0, events: 0, bad: [] }
  let before = 0
  // Each part of the work on one repository goes on where the part before has ended.
  const begin = (_label: string, total: number) => ({
    to: (done: number): void => shown.to(before + done),
    end: (): void => void (before += total),
  })
  try {
    for (const { did } of dids) {
      const report = await reportOn(did, config, { foldLog: true, begin }).catch((error: unknown) =>
        unlessGone(did, config, error),
      )
      if (report) add(all, did, report)
    }
  } finally {
    shown.end()
  }
  return all
}

const LIVING = "coalesce(status, '') <> 'deleted'"
const TREES = `(SELECT tree FROM repo WHERE ${LIVING})`
const WORK = `SELECT (SELECT count(*) FROM record WHERE tree IN ${TREES}) + (SELECT count(*) FROM tree_node WHERE tree IN ${TREES})
  + (SELECT count(*) FROM commit_log WHERE did IN (SELECT did FROM repo WHERE ${LIVING})) AS n`

function add(all: VerifiedAll, did: Did, { handle, examination, log, problems }: RepoReport): void {
  all.repos++
  all.records += examination?.collections.reduce((sum, { records }) => sum + records, 0) ?? 0
  all.events += log?.events ?? 0
  if (problems.count > 0) all.bad.push({ did, handle, problems: problems.lines() })
}

/** Null for a repository that has been deleted meanwhile. @throws the error, for any other */
async function unlessGone(did: Did, config: Config, error: unknown): Promise<null> {
  const row = await readDatabase(config, async (read) =>
    read.get(`SELECT 1 FROM repo WHERE did = ? AND ${LIVING}`, did),
  )
  if (row) throw error
  return null
}
