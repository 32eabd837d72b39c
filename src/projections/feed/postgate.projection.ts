import { Injectable } from '@nestjs/common'
import { Changes } from '../../modules/database/changes.js'
import type { Tx } from '../../modules/database/database.js'
import { POSTGATE } from '../../modules/lexicon/collections.js'
import type { AppBskyFeedPostgate } from '../../modules/lexicon/types.js'
import type { Link } from '../derived/backlinks.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'
import { GateTable } from './gate-table.js'
import { regateQuotes } from './regate.js'

/** Whether a post may be quoted, and which quotes its author does not want to be part of. */
@Injectable()
@Projection({
  name: 'postgate',
  version: 1,
  collections: [POSTGATE],
  tables: ['bsky_postgate', 'bsky_post', 'bsky_notification', 'bsky_backlink'],
})
export class PostgateProjection implements RecordProjection<AppBskyFeedPostgate> {
  private readonly gates: GateTable<AppBskyFeedPostgate>

  constructor(changes: Changes) {
    this.gates = new GateTable(
      {
        table: 'bsky_postgate',
        collection: POSTGATE,
        links: linksOf,
        reconsider: (tx, { post }, touched) => regateQuotes(tx, post, touched),
      },
      changes,
    )
  }

  insert(record: IndexedRecord<AppBskyFeedPostgate>, tx: Tx): Promise<void> {
    return this.gates.insert(record, tx)
  }

  remove(uri: string, tx: Tx): Promise<void> {
    return this.gates.remove(uri, tx)
  }
}

function linksOf({ post, detachedEmbeddingUris = [] }: AppBskyFeedPostgate): Link[] {
  return [
    { target: post, path: 'post' },
    ...detachedEmbeddingUris.map((target) => ({ target, path: 'detachedEmbeddingUris' })),
  ]
}
