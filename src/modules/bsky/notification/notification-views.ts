import { Injectable } from '@nestjs/common'
import { Recent } from '../hydrate/recent.js'
import type { AppBskyNotificationListNotificationsNotification, ComAtprotoLabelDefsLabel } from '../../lexicon/types.js'
import { Labels } from '../../moderation/labels.js'
import { Takedowns } from '../../moderation/takedowns.js'
import type { SignedInContext } from '../context.js'
import type { Hydration } from '../hydrate/hydration.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { Posts } from '../hydrate/posts.js'
import { didOf } from '../../../projections/at-uri.js'
import { hides, isoTime, labelsView } from '../views/label-view.js'
import { profileView } from '../views/profile-view.js'
import { starterPackViewBasic } from '../views/thing-view.js'
import { isHeeded, isWaitingForReview, maySubscribe } from './heeded.js'
import type { NotificationLine } from './notification-lines.js'
import { StoredRecords } from './stored-records.js'

type View = AppBskyNotificationListNotificationsNotification
type Value = View['record']
type RecordLabels = ReadonlyMap<string, readonly ComAtprotoLabelDefsLabel[]>

/** In place of the record of a notification that outlives it. */
const RECORD_DELETED = { $type: 'app.bsky.notification.defs#recordDeleted' }
/** Records kept. */
const MAX_KEPT = 10_000

/** Shows notifications: app.bsky.notification.listNotifications#notification. */
@Injectable()
export class NotificationViews {
  /** By CID: what is under one never changes, and a record that is gone has no notification any more. */
  private readonly values = new Recent<Value>(MAX_KEPT)

  constructor(
    private readonly hydrator: Hydrator,
    private readonly posts: Posts,
    private readonly records: StoredRecords,
    private readonly labels: Labels,
    private readonly takedowns: Takedowns,
  ) {}

  /** The views of lines, undefined for what is left out. Read is what is not newer than `seenAt`. */
  async of(
    context: SignedInContext,
    lines: readonly NotificationLine[],
    seenAt: number,
  ): Promise<(View | undefined)[]> {
    const uris = [...new Set(lines.map(({ uri }) => uri))]
    const h = this.hydrator.begin(context)
    await this.hydrator.add(h, {
      dids: lines.map(({ author }) => author),
      starterPacks: lines.flatMap(({ reason, subject }) => (reason === 'starterpack-joined' && subject) || []),
    })
    await this.addThreads(h, lines)
    const values = await this.valuesOf(lines)
    const labels = await this.labels.of(uris, null)
    const takenDown = await this.takedowns.of(uris)
    return lines.map((line) => {
      const value = values.get(line)
      if (!value || takenDown.has(line.uri) || !isShown(line, labels, h)) return undefined
      return view(line, value, labels, seenAt, h)
    })
  }

  private async valuesOf(lines: readonly NotificationLine[]): Promise<Map<NotificationLine, Value>> {
    const values = new Map<NotificationLine, Value>()
    const missing: NotificationLine[] = []
    for (const line of lines) {
      const value = line.reason === 'unverified' ? RECORD_DELETED : this.values.get(line.cid)
      if (value) values.set(line, value)
      else missing.push(line)
    }
    const records = await this.records.of(missing.map(({ uri }) => uri))
    for (const line of missing) {
      const record = records.get(line.uri)
      if (record?.cid !== line.cid) continue
      this.values.set(line.cid, record.value)
      values.set(line, record.value)
    }
    return values
  }

  /** Adds the replies, and the roots of theirs that are the viewer's own, for what their gates hide. */
  private async addThreads(
    { posts, context: { viewer } }: Hydration,
    lines: readonly NotificationLine[],
  ): Promise<void> {
    const replies = lines.flatMap(({ reason, uri }) => (reason === 'reply' ? uri : []))
    await this.posts.fill(posts, replies)
    const roots = replies.flatMap((uri) => posts.get(uri)?.replyRoot ?? [])
    await this.posts.fill(
      posts,
      roots.filter((root) => didOf(root) === viewer),
    )
  }
}

function isShown({ uri, cid, reason, author }: NotificationLine, labels: RecordLabels, h: Hydration): boolean {
  const on = labels.get(uri) ?? []
  if (!isHeeded(author, h) || hides(on, h, { cid }) || isWaitingForReview(reason, author, on, cid, h)) return false
  if (reason === 'subscribed-post') return maySubscribe(author, h)
  if (reason !== 'reply') return true
  const root = h.posts.get(uri)?.replyRoot
  return !(root && h.posts.get(root)?.threadgate?.value.hiddenReplies?.includes(uri))
}

function view(
  { uri, cid, reason, author, subject, at }: NotificationLine,
  value: Value,
  labels: RecordLabels,
  seenAt: number,
  h: Hydration,
): View | undefined {
  const profile = profileView(author, h)
  const starterPack = reason === 'starterpack-joined' && subject ? starterPackViewBasic(subject, h) : undefined
  return (
    profile && {
      uri,
      cid,
      author: profile,
      reason,
      ...(subject !== null && { reasonSubject: subject }),
      record: value,
      ...(starterPack && { starterPack }),
      isRead: at <= seenAt,
      indexedAt: isoTime(at),
      labels: labelsView(labels.get(uri) ?? [], h, { uri, cid, value, sortAt: at }, author),
    }
  )
}
