import type { Tx } from '../../modules/database/database.js'

export type PostCount = 'likes' | 'reposts' | 'replies' | 'quotes'
export type ActorCount = 'followers' | 'follows' | 'posts' | 'lists' | 'generators' | 'starter_packs'

const POST_COUNTS = ['likes', 'reposts', 'replies', 'quotes'] as const
const ACTOR_COUNTS = ['followers', 'follows', 'posts', 'lists', 'generators', 'starter_packs'] as const

const posts = statements('bsky_post_stat', 'uri', POST_COUNTS)
const actors = statements('bsky_actor_stat', 'did', ACTOR_COUNTS)

/** One more or one less of something that a post (or another liked record) has. The post itself need not be here. */
export async function countPost(tx: Tx, uri: string, what: PostCount, by: 1 | -1): Promise<void> {
  await count(tx, posts[what], uri, by)
}

/** One more or one less of something that an actor has. */
export async function countActor(tx: Tx, did: string, what: ActorCount, by: 1 | -1): Promise<void> {
  await count(tx, actors[what], did, by)
}

interface Statements {
  more: string
  less: string
  drop: string
}

async function count(tx: Tx, { more, less, drop }: Statements, key: string, by: 1 | -1): Promise<void> {
  if (by === 1) await tx.run(more, key)
  // A row without any count is not there: what has been taken back leaves no trace.
  else if ((await tx.run(less, key)) > 0) await tx.run(drop, key)
}

function statements<Column extends string>(
  table: string,
  key: string,
  columns: readonly Column[],
): Record<Column, Statements> {
  const drop = `DELETE FROM ${table} WHERE ${key} = ? AND ${columns.map((column) => `${column} = 0`).join(' AND ')}`
  return Object.fromEntries(
    columns.map((column): [Column, Statements] => [
      column,
      {
        more: `INSERT INTO ${table} (${key}, ${column}) VALUES (?, 1) ON CONFLICT (${key}) DO UPDATE SET ${column} = ${table}.${column} + 1`,
        less: `UPDATE ${table} SET ${column} = ${column} - 1 WHERE ${key} = ?`,
        drop,
      },
    ]),
  ) as Record<Column, Statements>
}
