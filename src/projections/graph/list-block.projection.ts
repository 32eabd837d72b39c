import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { LIST_BLOCK } from '../../modules/lexicon/collections.js'
import type { AppBskyGraphListblock } from '../../modules/lexicon/types.js'
import { OnePerSubject } from '../derived/one-per-subject.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'
import { subjectLink } from './subject-link.js'

/** Who blocks everybody on which list; whether that is a list for moderation is for the reader to see. */
@Injectable()
@Projection({
  name: 'list-block',
  version: 1,
  collections: [LIST_BLOCK],
  tables: ['bsky_list_block', 'bsky_backlink'],
})
export class ListBlockProjection implements RecordProjection<AppBskyGraphListblock> {
  private readonly blocks = new OnePerSubject('bsky_list_block', false, subjectLink)

  insert(record: IndexedRecord<AppBskyGraphListblock>, tx: Tx): Promise<void> {
    return this.blocks.insert(record, record.value.subject, null, tx)
  }

  remove(uri: string, tx: Tx): Promise<void> {
    return this.blocks.remove(uri, tx)
  }
}
