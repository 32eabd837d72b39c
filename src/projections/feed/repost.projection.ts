import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { POST, REPOST } from '../../modules/lexicon/collections.js'
import type { AppBskyFeedRepost } from '../../modules/lexicon/types.js'
import { collectionOf } from '../at-uri.js'
import { addBacklinks, removeBacklinks } from '../derived/backlinks.js'
import { countPost } from '../derived/counts.js'
import { notify, withdraw } from '../derived/notifications.js'
import { OnePerSubject } from '../derived/one-per-subject.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'
import { linksOf, notificationsOf, sourceOf } from './interaction.js'
import { PostFlag } from './post-flags.js'

/** Reposts, which stand in the feed of whoever made them. */
@Injectable()
@Projection({
  name: 'repost',
  version: 1,
  collections: [REPOST],
  tables: ['bsky_repost', 'bsky_feed_item', 'bsky_post_stat', 'bsky_notification', 'bsky_backlink'],
})
export class RepostProjection implements RecordProjection<AppBskyFeedRepost> {
  private readonly reposts = new OnePerSubject('bsky_repost', true, {
    apply: async (repost, tx) => {
      const { uri, did, subject, sort_at: sortAt } = repost
      if (collectionOf(subject) === POST)
        await tx.run(
          'INSERT INTO bsky_feed_item (did, sort_at, uri, post, flags) VALUES (?, ?, ?, ?, ?)',
          ...[did, sortAt, uri, subject, PostFlag.repost],
        )
      await countPost(tx, subject, 'reposts', 1)
      await addBacklinks(tx, sourceOf(repost, REPOST), linksOf(repost))
      for (const told of notificationsOf(repost, 'repost')) await notify(tx, told)
    },
    retract: async (repost, tx) => {
      const { uri, did, subject, sort_at: sortAt } = repost
      await tx.run('DELETE FROM bsky_feed_item WHERE did = ? AND sort_at = ? AND uri = ?', did, sortAt, uri)
      await countPost(tx, subject, 'reposts', -1)
      await removeBacklinks(tx, sourceOf(repost, REPOST), linksOf(repost))
      for (const told of notificationsOf(repost, 'repost')) await withdraw(tx, told)
    },
  })

  insert(record: IndexedRecord<AppBskyFeedRepost>, tx: Tx): Promise<void> {
    const { subject, via } = record.value
    return this.reposts.insert(record, subject.uri, via?.uri ?? null, tx)
  }

  remove(uri: string, tx: Tx): Promise<void> {
    return this.reposts.remove(uri, tx)
  }
}
