import { randomInt } from 'node:crypto'
import { Module } from '@nestjs/common'
import { TidClock } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { ActivitySubscriptions } from './activity-subscriptions.js'
import { BookmarksController } from './bookmarks.controller.js'
import { Bookmarks } from './bookmarks.js'
import { ClientConfigController, ClientStateController } from './client-config.controller.js'
import { DraftsController } from './drafts.controller.js'
import { Drafts } from './drafts.js'
import { MutesController } from './mutes.controller.js'
import { Mutes } from './mutes.js'
import { NotificationPreferences } from './notification-preferences.js'
import { NotificationsController } from './notifications.controller.js'
import { PreferencesController } from './preferences.controller.js'
import { Preferences } from './preferences.js'
import { PushRegistrations } from './push-registrations.js'
import { Seen } from './seen.js'
import { Subjects } from './subjects.js'

/** What an account tells this server alone. None of it is in the log. */
@Module({
  controllers: [
    BookmarksController,
    ClientConfigController,
    ClientStateController,
    DraftsController,
    MutesController,
    NotificationsController,
    PreferencesController,
  ],
  providers: [
    ActivitySubscriptions,
    Bookmarks,
    Drafts,
    Mutes,
    NotificationPreferences,
    Preferences,
    PushRegistrations,
    Seen,
    Subjects,
    {
      provide: TidClock,
      inject: [Clock],
      useFactory: (clock: Clock) => new TidClock(() => clock.now(), randomInt(1024)),
    },
  ],
  exports: [ActivitySubscriptions, Bookmarks, Mutes, NotificationPreferences, Preferences, Seen],
})
export class PrivateStateModule {}
