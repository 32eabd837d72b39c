import { Injectable } from '@nestjs/common'
import { Changes } from '../../modules/database/changes.js'
import type { Tx } from '../../modules/database/database.js'
import type { Did } from '../../repo-engine/index.js'
import { type ActorProjection as Actors, Projection } from '../projection.js'
import { indexActor } from './actor-search.js'

/**
 * Who there is, under which handle, in which status. Of several who claim one handle, the one whose identity was told
 * last holds it; the others get it back when that one claims another or is deleted, as if it had never been there.
 *
 * `indexed_at` is the time of the last identity event or of the deletion, before either that of the first account event,
 * and 0 as long as nothing but a profile tells of the actor.
 */
@Injectable()
@Projection({ name: 'actor', version: 1, collections: [], tables: ['bsky_actor', 'bsky_actor_search', 'bsky_profile'] })
export class ActorProjection implements Actors {
  constructor(private readonly changes: Changes) {}

  async identity(did: Did, handle: string | null, indexedAt: number, tx: Tx): Promise<void> {
    const before = await this.claimOf(did, tx)
    await tx.run(
      `INSERT INTO bsky_actor (did, claim, indexed_at) VALUES (?, ?, ?) ON CONFLICT (did) DO UPDATE
       SET handle = NULL, claim = excluded.claim, indexed_at = excluded.indexed_at`,
      did,
      handle,
      indexedAt,
    )
    await this.settle(did, [before, handle], tx)
  }

  async account(did: Did, status: string | null, indexedAt: number, tx: Tx): Promise<void> {
    if (status === 'deleted') {
      const before = await this.claimOf(did, tx)
      await tx.run(
        `INSERT INTO bsky_actor (did, status, indexed_at) VALUES (?, 'deleted', ?) ON CONFLICT (did) DO UPDATE
         SET handle = NULL, claim = NULL, status = excluded.status, indexed_at = excluded.indexed_at`,
        did,
        indexedAt,
      )
      await this.settle(did, [before], tx)
    } else
      await tx.run(
        `INSERT INTO bsky_actor (did, status, indexed_at) VALUES (?, ?, ?) ON CONFLICT (did) DO UPDATE
         SET status = excluded.status, indexed_at =
           CASE WHEN bsky_actor.indexed_at = 0 THEN excluded.indexed_at ELSE bsky_actor.indexed_at END`,
        did,
        status,
        indexedAt,
      )
  }

  private async claimOf(did: Did, tx: Tx): Promise<string | null> {
    const actor = await tx.get<{ claim: string | null }>('SELECT claim FROM bsky_actor WHERE did = ?', did)
    return actor?.claim ?? null
  }

  /** Gives each handle to the one who holds it now, after what `did` claims has changed. */
  private async settle(did: Did, handles: readonly (string | null)[], tx: Tx): Promise<void> {
    const changed = new Set<string>([did])
    for (const handle of new Set(handles)) {
      if (handle === null) continue
      const claimants = await tx.all<{ did: string; handle: string | null }>(
        'SELECT did, handle FROM bsky_actor WHERE claim = ? ORDER BY indexed_at DESC, did',
        handle,
      )
      for (const [place, claimant] of claimants.entries()) {
        const held = place === 0 ? handle : null
        if (claimant.handle === held) continue
        await tx.run('UPDATE bsky_actor SET handle = ? WHERE did = ?', held, claimant.did)
        changed.add(claimant.did)
      }
    }
    for (const each of changed) await indexActor(tx, each)
    this.changes.touch(tx, changed)
  }
}
