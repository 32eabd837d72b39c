import { Injectable } from '@nestjs/common'
import type {
  AppBskyNotificationListNotificationsOutput,
  AppBskyNotificationListNotificationsParams,
} from '../../lexicon/types.js'
import { NotificationPreferences } from '../../private-state/notification-preferences.js'
import { Seen } from '../../private-state/seen.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { SignedInContext } from '../context.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { fillPage, placeOf } from '../page.js'
import { isHeeded } from './heeded.js'
import { NotificationLines } from './notification-lines.js'
import { NotificationViews } from './notification-views.js'
import { wantedReasons, type WantedReasons } from './reasons.js'

/** Clients show no larger number. */
const MOST_UNREAD = 1000

/** What an account is told. */
@Injectable()
export class Notifications {
  constructor(
    private readonly lines: NotificationLines,
    private readonly views: NotificationViews,
    private readonly hydrator: Hydrator,
    private readonly preferences: NotificationPreferences,
    private readonly seen: Seen,
  ) {}

  /** A page of notifications, newest first. @throws XrpcError 400 InvalidRequest for `seenAt` and malformed cursors. */
  async list(
    context: SignedInContext,
    { reasons, limit, priority = false, cursor, seenAt }: AppBskyNotificationListNotificationsParams,
  ): Promise<AppBskyNotificationListNotificationsOutput> {
    refuseSeenAt(seenAt)
    const { viewer } = context
    const wanted = await this.wanted(context, priority, reasons)
    const seen = await this.seen.of(viewer)
    const page = await fillPage(
      limit,
      placeOf(cursor),
      (after, count) => this.lines.read(viewer, wanted, after, count),
      (lines) => this.views.of(context, lines, seen ?? 0),
    )
    return {
      notifications: page.views,
      ...(page.cursor !== undefined && { cursor: page.cursor }),
      priority,
      ...(seen !== null && { seenAt: new Date(seen).toISOString() }),
    }
  }

  /** How many notifications the viewer has not seen, at most 1,000. @throws XrpcError 400 InvalidRequest for `seenAt`. */
  async unreadCount(context: SignedInContext, priority = false, seenAt?: string): Promise<number> {
    refuseSeenAt(seenAt)
    const wanted = await this.wanted(context, priority)
    const seen = (await this.seen.of(context.viewer)) ?? 0
    const unread = await this.lines.unread(context.viewer, wanted, seen, MOST_UNREAD)
    const hydration = await this.hydrator.hydrate(context, { dids: unread.keys() })
    let count = 0
    for (const [author, told] of unread) if (isHeeded(author, hydration)) count += told
    return Math.min(count, MOST_UNREAD)
  }

  private async wanted(
    { viewer }: SignedInContext,
    priority: boolean,
    reasons?: readonly string[],
  ): Promise<WantedReasons> {
    return wantedReasons(await this.preferences.of(viewer), priority, reasons)
  }
}

/** What has been seen is said by updateSeen alone. */
function refuseSeenAt(seenAt: string | undefined): void {
  if (seenAt !== undefined) throw invalidRequest('The seenAt parameter is unsupported')
}
