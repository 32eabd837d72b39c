/** What each is told, and what each keeps to itself. */
import type { Answer } from './cast.js'
import { type Check, lines, SIGN_IN } from './check.js'
import { notifications } from './facts.js'

const notified = { nsid: 'app.bsky.notification.listNotifications', list: 'notifications', facts: notifications }

/** Alice has seen what came before the gates. She and bob hear nothing of dan. */
const ALICE = lines(`
  * quote carla/of a mistake of alice/mistake, * verified bob/verifies alice,
  * reply carla/as listed of alice/listed, * reply bob/as followed of alice/followed,
  like carla/likes alice/hello of alice/hello, like bob/likes alice/hello of alice/hello,
  repost carla/reposts alice/photo of alice/photo, repost bob/reposts alice/hello of alice/hello,
  quote carla/quote of alice/photo, quote bob/quote of alice/photo,
  reply carla/hi of alice/hello, reply bob/hi of alice/hello, follow carla/follows alice, follow bob/follows alice`)

/** Bob does not want to hear of likes. Who joins by a starter pack has done so with a profile, when that was made. */
const BOB = lines(`
  * reply carla/as follower of bob/followers, * like-via-repost carla/likes alice/hello of bob/reposts alice/hello,
  * quote carla/on quotes of bob/quote, * reply alice/thanks of bob/hi, * reply carla/hi of bob/hi,
  * mention alice/hello, * follow carla/follows bob, * follow alice/follows bob,
  * starterpack-joined carla/profile of bob/start`)

/** Carla has muted the thread under alice/hello, has a block with dan, and wants to hear whenever alice posts. */
const CARLA = lines(`
  * subscribed-post alice/news, * unverified bob/verifies carla, * like alice/likes carla/labeler of carla/labeler,
  * like bob/likes carla/link of carla/link, * follow alice/follows carla`)

/** Dan wants to hear of those alone whom he follows. */
export const NOTIFIED = { alice: ALICE, bob: BOB, carla: CARLA, dan: [], nobody: SIGN_IN }
/** Alice has read all but four. */
export const UNREAD = { alice: 4, bob: BOB.length, carla: CARLA.length, dan: 0, nobody: SIGN_IN }

export const NOTIFICATION_CHECKS: Check[] = [
  { ...notified, sees: NOTIFIED },
  {
    ...notified,
    params: { priority: true },
    sees: {
      alice: ALICE,
      bob: lines('* reply alice/thanks of bob/hi, * mention alice/hello, * follow alice/follows bob'),
      carla: CARLA,
      dan: [],
      nobody: SIGN_IN,
    },
  },
  {
    ...notified,
    params: { reasons: ['follow', 'quote'] },
    sees: {
      alice: ALICE.filter((line) => /^(\* )?(follow|quote)/.test(line)),
      bob: BOB.filter((line) => /^\* (follow|quote)/.test(line)),
      carla: ['* follow alice/follows carla'],
      dan: [],
      nobody: SIGN_IN,
    },
  },
  {
    nsid: 'app.bsky.notification.getUnreadCount',
    facts: ({ count }) => count,
    sees: UNREAD,
  },
  {
    nsid: 'app.bsky.notification.getUnreadCount',
    params: { priority: true },
    facts: ({ count }) => count,
    sees: { alice: 4, bob: 3, carla: CARLA.length, dan: 0, nobody: SIGN_IN },
  },
  {
    nsid: 'app.bsky.notification.getPreferences',
    facts: ({ preferences: { like, reply } }) => [like.include, like.list, reply.include, reply.list],
    sees: {
      everyone: ['all', true, 'all', true],
      bob: ['all', false, 'all', true],
      dan: ['all', true, 'follows', true],
      nobody: SIGN_IN,
    },
  },
  {
    nsid: 'app.bsky.notification.listActivitySubscriptions',
    list: 'subscriptions',
    facts: ({ subscriptions }) =>
      subscriptions.map(({ did, viewer }: Answer) => [did, viewer.activitySubscription.reply]),
    sees: {
      everyone: [],
      carla: [
        ['alice', true],
        ['bob', false],
      ],
      nobody: SIGN_IN,
    },
  },
  {
    nsid: 'app.bsky.draft.getDrafts',
    list: 'drafts',
    facts: ({ drafts }) => drafts.map(({ id, draft }: Answer) => `${id}: ${draft.posts[0].text}`),
    sees: { everyone: [], alice: lines('other draft: Other thoughts, first draft: Second thoughts'), nobody: SIGN_IN },
  },
]
