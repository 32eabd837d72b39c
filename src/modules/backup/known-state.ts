import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tid } from '../../repo-engine/index.js'
import { ForeignSqlite } from '../database/foreign-sqlite.js'

/** How a hosted repository was seen from outside. */
export interface KnownRepo {
  did: string
  rev: Tid
  head: string
  status: string
  handle: string
}

/** What is known of a server at a later moment than the one that is restored. */
export interface KnownState {
  /** The newest number of its log. */
  seq: number
  repos: Map<string, KnownRepo>
}

const HOSTED = `SELECT repo.did, rev, hex(head) AS head, coalesce(status, '') AS status, coalesce(handle, '') AS handle
  FROM repo LEFT JOIN account ON account.did = repo.did WHERE hosting = 'hosted' AND coalesce(status, '') <> 'deleted'`

/** Reads a database that no server uses, `scratch` being a folder for what SQLite keeps beside it. @throws Error when it cannot */
export function readKnownState(file: string, scratch: string): KnownState {
  const database = ForeignSqlite.open(file, scratch)
  try {
    const last = database.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM commit_log')
    const repos = database.all<KnownRepo>(HOSTED)
    return { seq: last?.seq ?? 0, repos: new Map(repos.map((repo) => [repo.did, repo])) }
  } finally {
    database.close()
  }
}

/** As {@link readKnownState}, for a data directory, whose mark may be above its log. */
export function readLostState(directory: string, scratch: string): KnownState {
  const state = readKnownState(join(directory, 'skylog.sqlite'), scratch)
  const mark = join(directory, 'seq.floor')
  const floor = existsSync(mark) ? Number(readFileSync(mark, 'latin1').trim()) : 0
  return { ...state, seq: Math.max(state.seq, Number.isSafeInteger(floor) ? floor : 0) }
}

/** What both know: of each repository the later one. */
export function joinStates(one: KnownState | null, other: KnownState | null): KnownState | null {
  if (!one || !other) return one ?? other
  const repos = new Map(one.repos)
  for (const [did, repo] of other.repos) if (!(repos.get(did)! && repos.get(did)!.rev > repo.rev)) repos.set(did, repo)
  return { seq: Math.max(one.seq, other.seq), repos }
}
