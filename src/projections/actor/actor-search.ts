import type { Tx } from '../../modules/database/database.js'
import type { AppBskyActorProfile } from '../../modules/lexicon/types.js'

/** Where an actor's profile stands; under any other key it is none. */
export const profileUri = (did: string): string => `at://${did}/app.bsky.actor.profile/self`

/**
 * Makes what an actor is found by what `bsky_actor` and `bsky_profile` say now: called when either has changed, before
 * a row of `bsky_actor` goes. There is a row when there is something to find.
 */
export async function indexActor(tx: Tx, did: string): Promise<void> {
  const actor = await tx.get<{ id: number; handle: string | null }>(
    'SELECT id, handle FROM bsky_actor WHERE did = ?',
    did,
  )
  if (!actor) return
  await tx.run('DELETE FROM bsky_actor_search WHERE rowid = ?', actor.id)
  const profile = await tx.get<{ json: string }>('SELECT json FROM bsky_profile WHERE uri = ?', profileUri(did))
  if (!profile && actor.handle === null) return
  const { displayName = '', description = '' } = profile ? (JSON.parse(profile.json) as AppBskyActorProfile) : {}
  await tx.run(
    'INSERT INTO bsky_actor_search (rowid, handle, name, description) VALUES (?, ?, ?, ?)',
    actor.id,
    actor.handle ?? '',
    displayName,
    description,
  )
}
