import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import type { AppBskyFeedLike } from '../../modules/lexicon/types.js'
import { didOf } from '../at-uri.js'
import { addBacklinks, type Link, removeBacklinks } from '../derived/backlinks.js'
import { countPost } from '../derived/counts.js'
import { type Notification, notify, withdraw } from '../derived/notifications.js'
import { OnePerSubject, type Pointer } from '../derived/one-per-subject.js'
import type { Did } from '../../repo-engine/index.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'

const collection = 'app.bsky.feed.like'

/** Likes of posts, feed generators and labelers. */
@Injectable()
@Projection({
  name: 'like',
  version: 1,
  collections: [collection],
  tables: ['bsky_like', 'bsky_post_stat', 'bsky_notification', 'bsky_backlink'],
})
export class LikeProjection implements RecordProjection<AppBskyFeedLike> {
  private readonly likes = new OnePerSubject('bsky_like', true, {
    apply: async (like, tx) => {
      await countPost(tx, like.subject, 'likes', 1)
      await addBacklinks(tx, source(like), linksOf(like))
      for (const told of notificationsOf(like)) await notify(tx, told)
    },
    retract: async (like, tx) => {
      await countPost(tx, like.subject, 'likes', -1)
      await removeBacklinks(tx, source(like), linksOf(like))
      for (const told of notificationsOf(like)) await withdraw(tx, told)
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

const source = ({ uri, did, sort_at }: Pointer): Parameters<typeof addBacklinks>[1] => ({
  uri,
  did: did as Did,
  collection,
  sortAt: sort_at,
})

function linksOf({ subject, via }: Pointer): Link[] {
  return [{ target: subject, path: 'subject.uri' }, ...(via ? [{ target: via, path: 'via.uri' }] : [])]
}

/** The author of what is liked is told, and whoever reposted it to the one who likes it. */
function notificationsOf({ uri, cid, did, subject, via, sort_at, indexed_at }: Pointer): Notification[] {
  const about = { author: did, uri, cid, sortAt: sort_at, indexedAt: indexed_at }
  const owner = didOf(subject)
  const reposter = via ? didOf(via) : null
  return [
    ...(owner ? [{ ...about, did: owner, reason: 'like' as const, subject }] : []),
    ...(reposter && via ? [{ ...about, did: reposter, reason: 'like-via-repost' as const, subject: via }] : []),
  ]
}
