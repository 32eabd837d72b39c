import { Injectable } from '@nestjs/common'
import { Changes } from '../../modules/database/changes.js'
import type { Tx } from '../../modules/database/database.js'
import { FOLLOW, LIST_ITEM, THREADGATE } from '../../modules/lexicon/collections.js'
import type { AppBskyFeedThreadgate } from '../../modules/lexicon/types.js'
import type { Link } from '../derived/backlinks.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'
import { GateTable } from './gate-table.js'
import { RULE } from './names.js'
import { retellBelow } from './post-notifications.js'
import { regateReplies } from './regate.js'

/** Who may reply in a thread, and which replies its author hides. */
@Injectable()
@Projection({
  name: 'threadgate',
  version: 1,
  collections: [THREADGATE],
  tables: [
    ...['bsky_threadgate', 'bsky_post', 'bsky_post_stat', 'bsky_notification', 'bsky_backlink'],
    ...['bsky_follow', 'bsky_list_item'],
  ],
  history: [FOLLOW, LIST_ITEM],
})
export class ThreadgateProjection implements RecordProjection<AppBskyFeedThreadgate> {
  private readonly gates: GateTable<AppBskyFeedThreadgate>

  constructor(changes: Changes) {
    this.gates = new GateTable(
      {
        table: 'bsky_threadgate',
        collection: THREADGATE,
        links: linksOf,
        reconsider: async (tx, { post, hiddenReplies = [] }, touched) => {
          await regateReplies(tx, post, touched)
          for (const hidden of new Set(hiddenReplies)) await retellBelow(tx, hidden, touched)
        },
      },
      changes,
    )
  }

  insert(record: IndexedRecord<AppBskyFeedThreadgate>, tx: Tx): Promise<void> {
    return this.gates.insert(record, tx)
  }

  remove(uri: string, tx: Tx): Promise<void> {
    return this.gates.remove(uri, tx)
  }
}

function linksOf({ post, allow = [], hiddenReplies = [] }: AppBskyFeedThreadgate): Link[] {
  return [
    { target: post, path: 'post' },
    ...allow.flatMap((rule) => (rule.$type === RULE.list ? [{ target: rule.list, path: 'allow.list' }] : [])),
    ...hiddenReplies.map((target) => ({ target, path: 'hiddenReplies' })),
  ]
}
