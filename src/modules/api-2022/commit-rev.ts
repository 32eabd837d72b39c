import { Cid } from '../../repo-engine/index.js'
import type { Database } from '../database/database.js'

/** Log rows looked at between two turns of other work. */
const PAGE = 1_000

/**
 * The rev of a commit that was the head of a repository at some time, or null. Looks from the newest event back: who
 * follows a repository asks for a commit of lately. @throws RepoError InvalidCid
 */
export async function revOfCommit(database: Database, did: string, cid: string): Promise<string | null> {
  const wanted = Cid.parse(cid).bytes
  for (let before = Number.MAX_SAFE_INTEGER; ;) {
    const rows = await database.read.all<{ seq: number; cid: Buffer | null; rev: string | null }>(
      'SELECT seq, cid, rev FROM commit_log WHERE did = ? AND seq < ? ORDER BY seq DESC LIMIT ?',
      did,
      before,
      PAGE,
    )
    const row = rows.find(({ cid: held }) => held?.equals(wanted))
    if (row) return row.rev
    if (rows.length < PAGE) return null
    before = rows.at(-1)!.seq
    await new Promise(setImmediate)
  }
}
