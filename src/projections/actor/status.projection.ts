import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import type { AppBskyActorStatus } from '../../modules/lexicon/types.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'

/** What an actor is doing now: live on some stream. Whether it is still so is for the reader to see. */
@Injectable()
@Projection({ name: 'status', version: 1, collections: ['app.bsky.actor.status'], tables: ['bsky_status'] })
export class StatusProjection implements RecordProjection<AppBskyActorStatus> {
  async insert(record: IndexedRecord<AppBskyActorStatus>, tx: Tx): Promise<void> {
    const { uri, cid, did, rkey, value, sortAt, indexedAt } = record
    if (rkey !== 'self') return
    await tx.run(
      'INSERT INTO bsky_status (uri, cid, did, json, sort_at, indexed_at) VALUES (?, ?, ?, ?, ?, ?)',
      uri,
      cid,
      did,
      JSON.stringify(value),
      sortAt,
      indexedAt,
    )
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    await tx.run('DELETE FROM bsky_status WHERE uri = ?', uri)
  }
}
