import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { PROFILE } from '../../modules/lexicon/collections.js'
import type { AppBskyActorProfile } from '../../modules/lexicon/types.js'
import type { Did } from '../../repo-engine/index.js'
import { collectionOf, didOf } from '../at-uri.js'
import { addBacklinks, type Link, removeBacklinks } from '../derived/backlinks.js'
import { type Notification, notify, withdraw } from '../derived/notifications.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'
import { indexActor } from './actor-search.js'

interface Profile {
  uri: string
  cid: string
  did: Did
  json: string
  sort_at: number
  indexed_at: number
}

/** What actors say of themselves. Whoever has a profile is known, also before the log tells who that is. */
@Injectable()
@Projection({
  name: 'profile',
  version: 1,
  collections: [PROFILE],
  tables: ['bsky_profile', 'bsky_actor', 'bsky_actor_search', 'bsky_notification', 'bsky_backlink'],
})
export class ProfileProjection implements RecordProjection<AppBskyActorProfile> {
  async insert(record: IndexedRecord<AppBskyActorProfile>, tx: Tx): Promise<void> {
    const { uri, cid, did, rkey, value, sortAt, indexedAt } = record
    if (rkey !== 'self') return
    await tx.run(
      'INSERT INTO bsky_profile (uri, cid, did, json, sort_at, indexed_at) VALUES (?, ?, ?, ?, ?, ?)',
      uri,
      cid,
      did,
      JSON.stringify(value),
      sortAt,
      indexedAt,
    )
    await tx.run('INSERT INTO bsky_actor (did, indexed_at) VALUES (?, 0) ON CONFLICT (did) DO NOTHING', did)
    await indexActor(tx, did)
    await addBacklinks(tx, record, linksOf(value))
    for (const told of notificationsOf(value, { uri, cid, did, sort_at: sortAt, indexed_at: indexedAt }))
      await notify(tx, told)
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    const gone = await tx.get<Profile>('DELETE FROM bsky_profile WHERE uri = ? RETURNING *', uri)
    if (!gone) return
    await indexActor(tx, gone.did)
    await tx.run('DELETE FROM bsky_actor WHERE did = ? AND indexed_at = 0', gone.did)
    const value = JSON.parse(gone.json) as AppBskyActorProfile
    await removeBacklinks(tx, { uri, collection: collectionOf(uri), sortAt: gone.sort_at }, linksOf(value))
    for (const told of notificationsOf(value, gone)) await withdraw(tx, told)
  }
}

function linksOf({ pinnedPost, joinedViaStarterPack }: AppBskyActorProfile): Link[] {
  return [
    ...(pinnedPost ? [{ target: pinnedPost.uri, path: 'pinnedPost.uri' }] : []),
    ...(joinedViaStarterPack ? [{ target: joinedViaStarterPack.uri, path: 'joinedViaStarterPack.uri' }] : []),
  ]
}

/** Whoever made the starter pack is told who came by it. */
function notificationsOf(
  { joinedViaStarterPack: pack }: AppBskyActorProfile,
  { uri, cid, did, sort_at, indexed_at }: Omit<Profile, 'json'>,
): Notification[] {
  const owner = pack && didOf(pack.uri)
  if (!owner) return []
  const about = { author: did, uri, cid, subject: pack.uri, sortAt: sort_at, indexedAt: indexed_at }
  return [{ ...about, did: owner, reason: 'starterpack-joined' }]
}
