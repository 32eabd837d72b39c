import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { GENERATOR } from '../../modules/lexicon/collections.js'
import type { AppBskyFeedGenerator } from '../../modules/lexicon/types.js'
import { collectionOf } from '../at-uri.js'
import { addBacklinks, type Link, removeBacklinks } from '../derived/backlinks.js'
import { countActor } from '../derived/counts.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'

/** Feed generators, each with the DID of the service that makes the feed. */
@Injectable()
@Projection({
  name: 'generator',
  version: 1,
  collections: [GENERATOR],
  tables: ['bsky_generator', 'bsky_actor_stat', 'bsky_backlink'],
})
export class GeneratorProjection implements RecordProjection<AppBskyFeedGenerator> {
  async insert(record: IndexedRecord<AppBskyFeedGenerator>, tx: Tx): Promise<void> {
    const { uri, cid, did, value, sortAt, indexedAt } = record
    await tx.run(
      'INSERT INTO bsky_generator (uri, cid, did, feed_did, json, sort_at, indexed_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      uri,
      cid,
      did,
      value.did,
      JSON.stringify(value),
      sortAt,
      indexedAt,
    )
    await countActor(tx, did, 'generators', 1)
    await addBacklinks(tx, record, linksTo(value.did))
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    const gone = await tx.get<{ did: string; feed_did: string; sort_at: number }>(
      'DELETE FROM bsky_generator WHERE uri = ? RETURNING did, feed_did, sort_at',
      uri,
    )
    if (!gone) return
    await countActor(tx, gone.did, 'generators', -1)
    await removeBacklinks(tx, { uri, collection: collectionOf(uri), sortAt: gone.sort_at }, linksTo(gone.feed_did))
  }
}

const linksTo = (feedDid: string): Link[] => [{ target: feedDid, path: 'did' }]
