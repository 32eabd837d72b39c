import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { BLOCK } from '../../modules/lexicon/collections.js'
import type { AppBskyGraphBlock } from '../../modules/lexicon/types.js'
import { OnePerSubject } from '../derived/one-per-subject.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'
import { subjectLink } from './subject-link.js'

/** Who blocks whom. */
@Injectable()
@Projection({
  name: 'block',
  version: 1,
  collections: [BLOCK],
  tables: ['bsky_block', 'bsky_backlink'],
})
export class BlockProjection implements RecordProjection<AppBskyGraphBlock> {
  private readonly blocks = new OnePerSubject('bsky_block', false, subjectLink)

  insert(record: IndexedRecord<AppBskyGraphBlock>, tx: Tx): Promise<void> {
    return this.blocks.insert(record, record.value.subject, null, tx)
  }

  remove(uri: string, tx: Tx): Promise<void> {
    return this.blocks.remove(uri, tx)
  }
}
