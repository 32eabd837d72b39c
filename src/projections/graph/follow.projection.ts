import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { FOLLOW } from '../../modules/lexicon/collections.js'
import type { AppBskyGraphFollow } from '../../modules/lexicon/types.js'
import { countActor } from '../derived/counts.js'
import { type Notification, notify, withdraw } from '../derived/notifications.js'
import { OnePerSubject, type Pointer } from '../derived/one-per-subject.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'
import { subjectLink } from './subject-link.js'

/** Who follows whom. Following oneself counts, as it does in the official AppView, and tells nobody. */
@Injectable()
@Projection({
  name: 'follow',
  version: 1,
  collections: [FOLLOW],
  tables: ['bsky_follow', 'bsky_actor_stat', 'bsky_notification', 'bsky_backlink'],
})
export class FollowProjection implements RecordProjection<AppBskyGraphFollow> {
  private readonly follows = new OnePerSubject('bsky_follow', false, {
    apply: async (follow, tx) => {
      await countActor(tx, follow.did, 'follows', 1)
      await countActor(tx, follow.subject, 'followers', 1)
      await subjectLink.apply(follow, tx)
      await notify(tx, notificationOf(follow))
    },
    retract: async (follow, tx) => {
      await countActor(tx, follow.did, 'follows', -1)
      await countActor(tx, follow.subject, 'followers', -1)
      await subjectLink.retract(follow, tx)
      await withdraw(tx, notificationOf(follow))
    },
  })

  insert(record: IndexedRecord<AppBskyGraphFollow>, tx: Tx): Promise<void> {
    return this.follows.insert(record, record.value.subject, null, tx)
  }

  remove(uri: string, tx: Tx): Promise<void> {
    return this.follows.remove(uri, tx)
  }
}

function notificationOf({ uri, cid, did, subject, sort_at, indexed_at }: Pointer): Notification {
  return {
    did: subject,
    author: did,
    uri,
    cid,
    reason: 'follow',
    subject: null,
    sortAt: sort_at,
    indexedAt: indexed_at,
  }
}
