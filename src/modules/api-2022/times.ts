import { splitAtUri } from '../../repo-engine/index.js'
import type { Database } from '../database/database.js'
import { readIn } from '../database/in-list.js'
import type { AppBskyActorDefsProfileView } from '../lexicon/types.js'
import { userView, type User } from './views-2022.js'

/** Somebody who has done something, and when: lists of 2022 say so, those of today do not. */
export interface UserAt extends User {
  createdAt: string
  indexedAt: string
}

interface Row {
  did: string
  sort_at: number
  indexed_at: number
}

/** Of several by one actor the one with the least uri counts: it comes last, and stays. */
const ORDER = 'ORDER BY uri DESC'

/** Those who have reposted a post, with the time of their repost. Who has just taken it back is left out. */
export async function repostersAt(
  { read }: Database,
  uri: string,
  actors: AppBskyActorDefsProfileView[],
): Promise<UserAt[]> {
  const { authority } = splitAtUri(uri)
  const author = authority.startsWith('did:')
    ? authority
    : (await read.get<{ did: string }>('SELECT did FROM bsky_actor WHERE handle = ?', authority.toLowerCase()))?.did
  if (author === undefined) return []
  return at(
    actors,
    await readIn<Row>(
      read,
      (marks) => `SELECT did, sort_at, indexed_at FROM bsky_repost WHERE subject = ? AND did IN (${marks}) ${ORDER}`,
      actors.map(({ did }) => did),
      uri.replace(authority, author),
    ),
  )
}

/** The followers of an actor, with the time of their follow. */
export async function followersAt(
  { read }: Database,
  subject: string,
  actors: AppBskyActorDefsProfileView[],
): Promise<UserAt[]> {
  return at(
    actors,
    await readIn<Row>(
      read,
      (marks) => `SELECT did, sort_at, indexed_at FROM bsky_follow WHERE subject = ? AND did IN (${marks}) ${ORDER}`,
      actors.map(({ did }) => did),
      subject,
    ),
  )
}

/** Those whom an actor follows, with the time of the follow. */
export async function followsAt(
  { read }: Database,
  did: string,
  actors: AppBskyActorDefsProfileView[],
): Promise<UserAt[]> {
  return at(
    actors,
    await readIn<Row>(
      read,
      (marks) =>
        `SELECT subject AS did, sort_at, indexed_at FROM bsky_follow WHERE did = ? AND subject IN (${marks}) ${ORDER}`,
      actors.map(({ did }) => did),
      did,
    ),
  )
}

function at(actors: AppBskyActorDefsProfileView[], rows: Row[]): UserAt[] {
  const times = new Map(rows.map((row) => [row.did, row]))
  return actors.flatMap((actor) => {
    const time = times.get(actor.did)
    return time ? { ...userView(actor), createdAt: iso(time.sort_at), indexedAt: iso(time.indexed_at) } : []
  })
}

const iso = (ms: number): string => new Date(ms).toISOString()
