import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import type { AppBskyLabelerService } from '../../modules/lexicon/types.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'

/** Actors that label, and by which policies. */
@Injectable()
@Projection({ name: 'labeler', version: 1, collections: ['app.bsky.labeler.service'], tables: ['bsky_labeler'] })
export class LabelerProjection implements RecordProjection<AppBskyLabelerService> {
  async insert(record: IndexedRecord<AppBskyLabelerService>, tx: Tx): Promise<void> {
    const { uri, cid, did, rkey, value, sortAt, indexedAt } = record
    if (rkey !== 'self') return
    await tx.run(
      'INSERT INTO bsky_labeler (uri, cid, did, json, sort_at, indexed_at) VALUES (?, ?, ?, ?, ?, ?)',
      uri,
      cid,
      did,
      JSON.stringify(value),
      sortAt,
      indexedAt,
    )
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    await tx.run('DELETE FROM bsky_labeler WHERE uri = ?', uri)
  }
}
