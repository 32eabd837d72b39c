import { Controller, UseGuards } from '@nestjs/common'
import { SignedInGuard } from '../../auth/viewer.guard.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Params, XrpcQuery } from '../../xrpc/xrpc.js'
import { Context, type SignedInContext } from '../context.js'
import { BskyReads } from '../repo-rev.js'
import { Notifications } from './notifications.js'
import { Subscriptions } from './subscriptions.js'

type ParamsOf<Nsid extends keyof XrpcMethods> = XrpcMethods[Nsid]['params']
type Out<Nsid extends keyof XrpcMethods> = Promise<XrpcMethods[Nsid]['output']>

/** The queries of app.bsky.notification. */
@Controller()
@BskyReads()
export class NotificationController {
  constructor(
    private readonly notifications: Notifications,
    private readonly subscriptions: Subscriptions,
  ) {}

  @XrpcQuery('app.bsky.notification.listNotifications')
  @UseGuards(SignedInGuard)
  listNotifications(
    @Context() context: SignedInContext,
    @Params() params: ParamsOf<'app.bsky.notification.listNotifications'>,
  ): Out<'app.bsky.notification.listNotifications'> {
    return this.notifications.list(context, params)
  }

  @XrpcQuery('app.bsky.notification.getUnreadCount')
  @UseGuards(SignedInGuard)
  async getUnreadCount(
    @Context() context: SignedInContext,
    @Params() { priority, seenAt }: ParamsOf<'app.bsky.notification.getUnreadCount'>,
  ): Out<'app.bsky.notification.getUnreadCount'> {
    return { count: await this.notifications.unreadCount(context, priority, seenAt) }
  }

  @XrpcQuery('app.bsky.notification.listActivitySubscriptions')
  @UseGuards(SignedInGuard)
  async listActivitySubscriptions(
    @Context() context: SignedInContext,
    @Params() { limit, cursor }: ParamsOf<'app.bsky.notification.listActivitySubscriptions'>,
  ): Out<'app.bsky.notification.listActivitySubscriptions'> {
    const { views, ...rest } = await this.subscriptions.list(context, limit, cursor)
    return { subscriptions: views, ...rest }
  }
}
