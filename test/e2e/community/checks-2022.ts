/** The same community, asked under the names of 2022: whoever sees what today sees it there, too. */
import type { Answer } from './cast.js'
import { type Check, each, lines } from './check.js'
import { BOB, TIMELINES } from './feed-checks.js'
import { NOTIFIED, UNREAD } from './notification-checks.js'

const feed = ({ feed }: Answer): string[] =>
  feed.map(({ uri, repostedBy }: Answer) => (repostedBy ? `${repostedBy.did}/reposts ${uri}` : uri))
const dids = (users: Answer[]): string[] => users.map(({ did }) => did)

function tree({ uri, parent, replies = [] }: Answer): string[] {
  return [...(parent ? [`under ${parent.uri}`] : []), uri, ...replies.flatMap(({ uri }: Answer) => `- ${uri}`)]
}

/** What has another word for it since. */
function in2022(told: unknown): unknown {
  const words = { quote: 'mention', verified: 'badge', 'like-via-repost': 'like' }
  const old = (line: string): string =>
    line.replace(/^(\* )?([\w-]+)/, (_, star = '', word: string) => star + (words[word as keyof typeof words] ?? word))
  return Array.isArray(told) ? told.map(old) : told
}

export const CHECKS_2022: Check[] = [
  { nsid: 'app.bsky.getHomeFeed', facts: feed, sees: TIMELINES },
  { nsid: 'app.bsky.getAuthorFeed', params: { author: 'bob' }, facts: feed, sees: { everyone: BOB } },
  ...each(
    {
      'bob/hi': { everyone: lines('under alice/hello, bob/hi, - carla/hi'), dan: lines('under alice/hello, bob/hi') },
      'carla/hi': { everyone: lines('under bob/hi, carla/hi, - alice/thanks'), dan: '400 NotFound' },
      'alice/mistake': { everyone: '400 NotFound' },
    },
    (uri) => ({ nsid: 'app.bsky.getPostThread', params: { uri }, facts: ({ thread }) => tree(thread) }),
  ),
  {
    nsid: 'app.bsky.getLikedBy',
    params: { uri: 'alice/hello' },
    facts: ({ likedBy }) => dids(likedBy),
    sees: { everyone: lines('dan, carla, bob'), carla: lines('carla, bob'), dan: lines('dan, bob') },
  },
  {
    nsid: 'app.bsky.getRepostedBy',
    params: { uri: 'alice/hello' },
    facts: ({ repostedBy }) => dids(repostedBy),
    sees: { everyone: lines('dan, bob'), carla: ['bob'] },
  },
  {
    nsid: 'app.bsky.getProfile',
    params: { user: 'bob' },
    facts: ({ name, displayName, followersCount, postsCount, myState }) => [
      ...[name, displayName, followersCount, postsCount, myState?.follow],
    ],
    sees: {
      everyone: ['bob.test', 'Bob', 2, 13, undefined],
      alice: ['bob.test', 'Bob', 2, 13, 'alice/follows bob'],
      carla: ['bob.test', 'Bob', 2, 13, 'carla/follows bob'],
    },
  },
  {
    nsid: 'app.bsky.getUserFollowers',
    params: { user: 'alice.test' },
    facts: ({ followers }) => dids(followers),
    sees: { everyone: lines('dan, carla, bob'), carla: lines('carla, bob'), dan: lines('dan, bob') },
  },
  {
    nsid: 'app.bsky.getUserFollows',
    params: { user: 'carla' },
    facts: ({ follows }) => dids(follows),
    sees: { everyone: lines('bob, alice') },
  },
  {
    nsid: 'app.bsky.getUsersSearch',
    params: { term: 'armel' },
    facts: ({ users }) => dids(users),
    sees: { everyone: ['carla'], dan: [] },
  },
  {
    nsid: 'app.bsky.getUsersTypeahead',
    params: { term: 'car' },
    facts: ({ users }) => dids(users),
    sees: { everyone: ['carla'], dan: [] },
  },
  {
    nsid: 'app.bsky.getNotifications',
    facts: ({ notifications }) =>
      notifications.map(
        ({ reason, reasonSubject, isRead, uri }: Answer) =>
          `${isRead ? '' : '* '}${reason} ${uri}${reasonSubject ? ` of ${reasonSubject}` : ''}`,
      ),
    sees: Object.fromEntries(Object.entries(NOTIFIED).map(([viewer, told]) => [viewer, in2022(told)])),
  },
  { nsid: 'app.bsky.getNotificationCount', facts: ({ count }) => count, sees: UNREAD },
  {
    nsid: 'app.bsky.getBadgeMembers',
    params: { uri: 'bob/verifies alice' },
    facts: ({ members }) => dids(members),
    sees: { everyone: ['alice'] },
  },
]
