import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { STATUS } from '../../modules/lexicon/collections.js'
import type { AppBskyActorStatus } from '../../modules/lexicon/types.js'
import { insertJsonRow } from '../derived/json-row.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'

/** What an actor is doing now: live on some stream. Whether it is still so is for the reader to see. */
@Injectable()
@Projection({ name: 'status', version: 1, collections: [STATUS], tables: ['bsky_status'] })
export class StatusProjection implements RecordProjection<AppBskyActorStatus> {
  async insert(record: IndexedRecord<AppBskyActorStatus>, tx: Tx): Promise<void> {
    if (record.rkey === 'self') await insertJsonRow(tx, 'bsky_status', record)
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    await tx.run('DELETE FROM bsky_status WHERE uri = ?', uri)
  }
}
