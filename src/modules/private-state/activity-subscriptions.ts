import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Changes } from '../database/changes.js'
import { Database } from '../database/database.js'
import { readIn } from '../database/in-list.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { newestFirst, type Place } from './newest-first.js'

/** What of somebody's activity is told. */
export interface ActivitySubscription {
  post: boolean
  reply: boolean
}

interface Row {
  subject: Did
  post: number
  reply: number
}

/** Each subscription costs whenever its owner looks at notifications. */
const MAX_SUBSCRIPTIONS = 1_000

/** Whose posts accounts want to be told of. Whether a subject allows it is theirs to say, and asked when it is read. */
@Injectable()
export class ActivitySubscriptions {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
  ) {}

  /** The viewer's subscriptions to some DIDs, by DID. */
  async of(viewer: Did, dids: readonly string[]): Promise<Map<string, ActivitySubscription>> {
    const rows = await readIn<Row>(
      this.database.read,
      (marks) => `SELECT subject, post, reply FROM activity_subscription WHERE did = ? AND subject IN (${marks})`,
      dids,
      viewer,
    )
    return new Map(rows.map((row) => [row.subject, subscription(row)]))
  }

  /** All of the viewer's subscriptions, by DID: at most 1,000. */
  async all(viewer: Did): Promise<Map<Did, ActivitySubscription>> {
    const rows = await this.database.read.all<Row>(
      'SELECT subject, post, reply FROM activity_subscription WHERE did = ?',
      viewer,
    )
    return new Map(rows.map((row) => [row.subject, subscription(row)]))
  }

  /** The viewer's subscriptions, newest first; `place.key` is the DID. */
  list(viewer: Did, after: Place, count: number): Promise<{ place: Place }[]> {
    const listing = { table: 'activity_subscription', key: 'subject', at: 'created_at' }
    return newestFirst(this.database.read, listing, viewer, after, count)
  }

  /** Subscribes anew, or ends the subscription when nothing is to be told. @throws XrpcError 400 InvalidRequest. */
  async put(viewer: Did, subject: Did, { post, reply }: ActivitySubscription): Promise<void> {
    await this.database.write(async (tx) => {
      this.changes.touch(tx, new Set([viewer, subject]))
      if (!post && !reply) {
        await tx.run('DELETE FROM activity_subscription WHERE did = ? AND subject = ?', viewer, subject)
        return
      }
      await tx.run(
        `INSERT INTO activity_subscription (did, subject, post, reply, created_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (did, subject) DO UPDATE SET post = excluded.post, reply = excluded.reply`,
        viewer,
        subject,
        post ? 1 : 0,
        reply ? 1 : 0,
        this.clock.now(),
      )
      const { count } = (await tx.get<{ count: number }>(
        'SELECT count(*) AS count FROM activity_subscription WHERE did = ?',
        viewer,
      ))!
      if (count > MAX_SUBSCRIPTIONS) throw invalidRequest(`At most ${MAX_SUBSCRIPTIONS} activity subscriptions`)
    })
  }
}

function subscription({ post, reply }: Row): ActivitySubscription {
  return { post: post === 1, reply: reply === 1 }
}
