import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { STARTER_PACK } from '../../modules/lexicon/collections.js'
import type { AppBskyGraphStarterpack } from '../../modules/lexicon/types.js'
import { collectionOf } from '../at-uri.js'
import { addBacklinks, type Link, removeBacklinks } from '../derived/backlinks.js'
import { countActor } from '../derived/counts.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'

/** Starter packs: a list of people, and feeds, for those who are new. */
@Injectable()
@Projection({
  name: 'starter-pack',
  version: 1,
  collections: [STARTER_PACK],
  tables: ['bsky_starter_pack', 'bsky_actor_stat', 'bsky_backlink'],
})
export class StarterPackProjection implements RecordProjection<AppBskyGraphStarterpack> {
  async insert(record: IndexedRecord<AppBskyGraphStarterpack>, tx: Tx): Promise<void> {
    const { uri, cid, did, value, sortAt, indexedAt } = record
    await tx.run(
      'INSERT INTO bsky_starter_pack (uri, cid, did, list, json, sort_at, indexed_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      uri,
      cid,
      did,
      value.list,
      JSON.stringify(value),
      sortAt,
      indexedAt,
    )
    await countActor(tx, did, 'starter_packs', 1)
    await addBacklinks(tx, record, linksOf(value))
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    const gone = await tx.get<{ did: string; json: string; sort_at: number }>(
      'DELETE FROM bsky_starter_pack WHERE uri = ? RETURNING did, json, sort_at',
      uri,
    )
    if (!gone) return
    await countActor(tx, gone.did, 'starter_packs', -1)
    const value = JSON.parse(gone.json) as AppBskyGraphStarterpack
    await removeBacklinks(tx, { uri, collection: collectionOf(uri), sortAt: gone.sort_at }, linksOf(value))
  }
}

const linksOf = ({ list, feeds = [] }: AppBskyGraphStarterpack): Link[] => [
  { target: list, path: 'list' },
  ...feeds.map(({ uri }) => ({ target: uri, path: 'feeds.uri' })),
]
