import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'

/** Posts further up that are looked at for a page. */
const MAX_ABOVE = 5_000

/** Tells threads that somebody has with themselves from replies that others are in between of. */
@Injectable()
export class SelfThreads {
  constructor(private readonly database: Database) {}

  /** Those of an author's posts from which the way up to a root leads through posts of the author alone, which are all here. */
  async of(did: string, uris: readonly string[]): Promise<Set<string>> {
    const rows = await readIn<{ uri: string; parent: string | null }>(this.database.read, UPWARDS, uris, did)
    const parents = new Map(rows.map(({ uri, parent }) => [uri, parent]))
    return new Set(uris.filter((uri) => reachesRoot(uri, parents)))
  }
}

function reachesRoot(uri: string, parents: ReadonlyMap<string, string | null>): boolean {
  const seen = new Set<string>()
  for (let at = uri; !seen.has(at);) {
    seen.add(at)
    const parent = parents.get(at)
    if (parent === undefined) return false
    if (parent === null) return true
    at = parent
  }
  return false
}

const UPWARDS = (marks: string): string => `
  WITH RECURSIVE author (did) AS (SELECT ?),
  above (uri, parent) AS (
    SELECT uri, reply_parent FROM bsky_post WHERE uri IN (${marks})
    UNION
    SELECT p.uri, p.reply_parent FROM above a CROSS JOIN bsky_post p ON p.uri = a.parent
      WHERE p.did = (SELECT did FROM author) LIMIT ${MAX_ABOVE})
  SELECT uri, parent FROM above`
