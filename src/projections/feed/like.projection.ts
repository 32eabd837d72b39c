import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { LIKE } from '../../modules/lexicon/collections.js'
import type { AppBskyFeedLike } from '../../modules/lexicon/types.js'
import { addBacklinks, removeBacklinks } from '../derived/backlinks.js'
import { countPost } from '../derived/counts.js'
import { notify, withdraw } from '../derived/notifications.js'
import { OnePerSubject } from '../derived/one-per-subject.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'
import { linksOf, notificationsOf, sourceOf } from './interaction.js'

/** Likes of posts, feed generators and labelers. */
@Injectable()
@Projection({
  name: 'like',
  version: 1,
  collections: [LIKE],
  tables: ['bsky_like', 'bsky_post_stat', 'bsky_notification', 'bsky_backlink'],
})
export class LikeProjection implements RecordProjection<AppBskyFeedLike> {
  private readonly likes = new OnePerSubject('bsky_like', true, {
    apply: async (like, tx) => {
      await countPost(tx, like.subject, 'likes', 1)
      await addBacklinks(tx, sourceOf(like, LIKE), linksOf(like))
      for (const told of notificationsOf(like, 'like')) await notify(tx, told)
    },
    retract: async (like, tx) => {
      await countPost(tx, like.subject, 'likes', -1)
      await removeBacklinks(tx, sourceOf(like, LIKE), linksOf(like))
      for (const told of notificationsOf(like, 'like')) await withdraw(tx, told)
    },
  })

  insert(record: IndexedRecord<AppBskyFeedLike>, tx: Tx): Promise<void> {
    const { subject, via } = record.value
    return this.likes.insert(record, subject.uri, via?.uri ?? null, tx)
  }

  remove(uri: string, tx: Tx): Promise<void> {
    return this.likes.remove(uri, tx)
  }
}
