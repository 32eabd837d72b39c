import { Controller, UseGuards } from '@nestjs/common'
import { datetimeToMillis, parseDid } from '../../repo-engine/index.js'
import { SignedInGuard, ViewerGuard } from '../auth/viewer.guard.js'
import { Viewer } from '../auth/viewer.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { Input, XrpcProcedure, XrpcQuery } from '../xrpc/xrpc.js'
import { ActivitySubscriptions } from './activity-subscriptions.js'
import { NotificationPreferences } from './notification-preferences.js'
import { PushRegistrations } from './push-registrations.js'
import { Seen } from './seen.js'

type Notification<Name extends string> = XrpcMethods[`app.bsky.notification.${Name}` & keyof XrpcMethods]

/** What accounts say about their notifications: app.bsky.notification. */
@Controller()
@UseGuards(ViewerGuard, SignedInGuard)
export class NotificationsController {
  constructor(
    private readonly seen: Seen,
    private readonly preferences: NotificationPreferences,
    private readonly subscriptions: ActivitySubscriptions,
    private readonly registrations: PushRegistrations,
  ) {}

  @XrpcProcedure('app.bsky.notification.updateSeen')
  async updateSeen(@Viewer() { did }: Viewer, @Input() { seenAt }: Notification<'updateSeen'>['input']): Promise<void> {
    await this.seen.moveTo(did, datetimeToMillis(seenAt)!)
  }

  @XrpcQuery('app.bsky.notification.getPreferences')
  async getPreferences(@Viewer() { did }: Viewer): Promise<Notification<'getPreferences'>['output']> {
    return { preferences: await this.preferences.of(did) }
  }

  /** The switch of before there were preferences by reason: told by those only whom the viewer follows, or by all. */
  @XrpcProcedure('app.bsky.notification.putPreferences')
  async putPreferences(
    @Viewer() { did }: Viewer,
    @Input() { priority }: Notification<'putPreferences'>['input'],
  ): Promise<void> {
    const include = { include: priority ? 'follows' : 'all' }
    await this.preferences.put(did, { reply: include, mention: include, quote: include })
  }

  @XrpcProcedure('app.bsky.notification.putPreferencesV2')
  async putPreferencesV2(
    @Viewer() { did }: Viewer,
    @Input() changes: Notification<'putPreferencesV2'>['input'],
  ): Promise<Notification<'putPreferencesV2'>['output']> {
    return { preferences: await this.preferences.put(did, changes) }
  }

  @XrpcProcedure('app.bsky.notification.putActivitySubscription')
  async putActivitySubscription(
    @Viewer() { did }: Viewer,
    @Input() { subject, activitySubscription: wanted }: Notification<'putActivitySubscription'>['input'],
  ): Promise<Notification<'putActivitySubscription'>['output']> {
    if (subject === did) throw invalidRequest('Cannot subscribe to own activity')
    const { post, reply } = wanted
    await this.subscriptions.put(did, parseDid(subject), { post, reply })
    return post || reply ? { subject, activitySubscription: { post, reply } } : { subject }
  }

  @XrpcProcedure('app.bsky.notification.registerPush')
  async registerPush(@Viewer() { did }: Viewer, @Input() input: Notification<'registerPush'>['input']): Promise<void> {
    await this.registrations.add(did, input)
  }

  @XrpcProcedure('app.bsky.notification.unregisterPush')
  async unregisterPush(
    @Viewer() { did }: Viewer,
    @Input() input: Notification<'unregisterPush'>['input'],
  ): Promise<void> {
    await this.registrations.remove(did, input)
  }
}
