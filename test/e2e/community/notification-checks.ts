import { type Check } from './check.js'
import { dids, notifications } from './facts.js'

export const NOTIFICATION_CHECKS: Check[] = [
  { nsid: 'app.bsky.notification.listNotifications', list: 'notifications', facts: notifications, sees: {} },
  { nsid: 'app.bsky.notification.listNotifications', params: { priority: true }, list: 'notifications', facts: notifications, sees: {} },
  { nsid: 'app.bsky.notification.listNotifications', params: { reasons: ['follow', 'quote'] }, list: 'notifications', facts: notifications, sees: {} },
  { nsid: 'app.bsky.notification.getUnreadCount', facts: (a) => a.count, sees: {} },
  { nsid: 'app.bsky.notification.getUnreadCount', params: { priority: true }, facts: (a) => a.count, sees: {} },
  { nsid: 'app.bsky.notification.getPreferences', facts: (a) => [a.preferences.like, a.preferences.reply], sees: {} },
  { nsid: 'app.bsky.notification.listActivitySubscriptions', list: 'subscriptions', facts: (a) => a.subscriptions.map((s: { did: string; viewer: { activitySubscription: unknown } }) => [s.did, s.viewer.activitySubscription]), sees: {} },
  { nsid: 'app.bsky.draft.getDrafts', list: 'drafts', facts: (a) => a.drafts.map((d: { id: string; draft: { posts: { text: string }[] } }) => `${d.id}: ${d.draft.posts[0]!.text}`), sees: {} },
]
void dids
