import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { LABELER } from '../../modules/lexicon/collections.js'
import type { AppBskyLabelerService } from '../../modules/lexicon/types.js'
import { insertJsonRow } from '../derived/json-row.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'

/** Actors that label, and by which policies. */
@Injectable()
@Projection({ name: 'labeler', version: 1, collections: [LABELER], tables: ['bsky_labeler'] })
export class LabelerProjection implements RecordProjection<AppBskyLabelerService> {
  async insert(record: IndexedRecord<AppBskyLabelerService>, tx: Tx): Promise<void> {
    if (record.rkey === 'self') await insertJsonRow(tx, 'bsky_labeler', record)
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    await tx.run('DELETE FROM bsky_labeler WHERE uri = ?', uri)
  }
}
