import { splitAtUri } from '../../repo-engine/index.js'
import type { Database } from '../database/database.js'
import { readIn } from '../database/in-list.js'
import type { AppBskyActorDefsProfileView } from '../lexicon/types.js'
import { type User, userView } from './views-2022.js'

/** Somebody who has done something, and when: lists of 2022 say so, most of those of today do not. */
export interface UserAt extends User {
  createdAt: string
  indexedAt: string
}

/** Those who have reposted a post, with the times of their reposts. `uri` may be of a handle. */
export async function repostersAt(
  database: Database,
  uri: string,
  actors: readonly AppBskyActorDefsProfileView[],
): Promise<UserAt[]> {
  const { authority } = splitAtUri(uri)
  const author = authority.startsWith('did:') ? authority : await didOf(database, authority)
  return usersAt(
    database,
    'bsky_repost',
    { subject: author === undefined ? uri : uri.replace(authority, author) },
    actors,
  )
}

/** The followers of `subject`, or those whom `did` follows, with the times of the follows. */
export function followersAt(
  database: Database,
  of: { subject: string } | { did: string },
  actors: readonly AppBskyActorDefsProfileView[],
): Promise<UserAt[]> {
  return usersAt(database, 'bsky_follow', of, actors)
}

async function didOf({ read }: Database, handle: string): Promise<string | undefined> {
  const row = await read.get<{ did: string }>('SELECT did FROM bsky_actor WHERE handle = ?', handle.toLowerCase())
  return row?.did
}

/** Who has just taken it back is left out. */
async function usersAt(
  { read }: Database,
  table: 'bsky_repost' | 'bsky_follow',
  of: { subject: string } | { did: string },
  actors: readonly AppBskyActorDefsProfileView[],
): Promise<UserAt[]> {
  const [end, other] = 'subject' in of ? (['subject', 'did'] as const) : (['did', 'subject'] as const)
  // Of several by one actor on one subject the one with the least uri counts: it comes last, and stays.
  const rows = await readIn<{ actor: string; sort_at: number; indexed_at: number }>(
    read,
    (marks) =>
      `SELECT ${other} AS actor, sort_at, indexed_at FROM ${table} WHERE ${end} = ? AND ${other} IN (${marks})
       ORDER BY uri DESC`,
    actors.map(({ did }) => did),
    'subject' in of ? of.subject : of.did,
  )
  const times = new Map(rows.map((row) => [row.actor, row]))
  return actors.flatMap((actor) => {
    const time = times.get(actor.did)
    return time ? { ...userView(actor), createdAt: iso(time.sort_at), indexedAt: iso(time.indexed_at) } : []
  })
}

const iso = (ms: number): string => new Date(ms).toISOString()
