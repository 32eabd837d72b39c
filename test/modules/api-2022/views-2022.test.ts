import { feedItemView, notificationView, threadView } from '../../../src/modules/api-2022/views-2022.js'
import type {
  AppBskyFeedDefsPostView,
  AppBskyFeedDefsThreadViewPost,
  AppBskyNotificationListNotificationsNotification,
  Typed,
} from '../../../src/modules/lexicon/types.js'
import { misfits } from './shape.js'
import { EXTERNAL_EMBED, UNKNOWN_EMBED } from './shapes.js'

type Thread = Typed<AppBskyFeedDefsThreadViewPost>

const ALICE = { did: 'did:plc:alice', handle: 'alice.test', pronouns: 'she' }
const INDEXED_AT = '2022-10-14T12:00:00.000Z'
const post = (name: string, more: Partial<AppBskyFeedDefsPostView> = {}): AppBskyFeedDefsPostView => ({
  uri: `at://did:plc:alice/app.bsky.feed.post/${name}`,
  cid: 'bafy',
  author: ALICE,
  record: { text: name },
  indexedAt: INDEXED_AT,
  ...more,
})
const thread = (name: string, more: Partial<Thread> = {}): Thread => ({
  $type: 'app.bsky.feed.defs#threadViewPost',
  post: post(name),
  ...more,
})

it('counts that are not there are none', () => {
  expect(feedItemView({ post: post('a') })).toEqual({
    uri: 'at://did:plc:alice/app.bsky.feed.post/a',
    cid: 'bafy',
    author: { did: 'did:plc:alice', name: 'alice.test' },
    record: { text: 'a' },
    replyCount: 0,
    repostCount: 0,
    likeCount: 0,
    indexedAt: INDEXED_AT,
  })
})

it('a link card has its image', () => {
  const external = { uri: 'https://example.com', title: 'T', description: 'D', thumb: 'https://example.com/t.png' }
  const { embed } = feedItemView({ post: post('a', { embed: { $type: 'app.bsky.embed.external#view', external } }) })
  expect(misfits(embed, EXTERNAL_EMBED)).toEqual([])
  expect(embed).toMatchObject({ type: 'external', imageUri: 'https://example.com/t.png' })
})

const UNKNOWN: NonNullable<AppBskyFeedDefsPostView['embed']>[] = [
  { $type: 'app.bsky.embed.images#view', images: [] },
  { $type: 'app.bsky.embed.gallery#view', items: [] },
  { $type: 'app.bsky.embed.video#view', cid: 'bafy', playlist: 'https://example.com/p.m3u8' },
  {
    $type: 'app.bsky.embed.record#view',
    record: { $type: 'app.bsky.embed.record#viewDetached', uri: 'at://a', detached: true },
  },
  {
    $type: 'app.bsky.embed.record#view',
    record: {
      $type: 'app.bsky.graph.defs#starterPackViewBasic',
      uri: 'at://a',
      cid: 'bafy',
      record: {},
      creator: ALICE,
      indexedAt: INDEXED_AT,
    },
  },
]

it.each(UNKNOWN.map((view) => ({ view })))('what 2022 did not know has its type alone: %j', ({ view }) => {
  const { embed } = feedItemView({ post: post('a', { embed: view }) })
  expect(misfits(embed, UNKNOWN_EMBED)).toEqual([])
  expect(embed).toEqual({ type: view.$type })
})

it('stubs are left out of threads, and what is below them', () => {
  const uri = 'at://did:plc:bob/app.bsky.feed.post/b'
  const notFound = { $type: 'app.bsky.feed.defs#notFoundPost' as const, uri, notFound: true as const }
  const blocked = {
    $type: 'app.bsky.feed.defs#blockedPost' as const,
    uri,
    blocked: true as const,
    author: { did: 'did:plc:bob' },
  }
  const shown = threadView(
    thread('a', {
      parent: thread('parent', { parent: notFound }),
      replies: [blocked, thread('reply', { replies: [notFound] }), thread('leaf')],
    }),
  )
  expect(shown).toMatchObject({
    parent: { record: { text: 'parent' }, parent: undefined },
    replies: [
      { record: { text: 'reply' }, replies: [] },
      { record: { text: 'leaf' }, replies: undefined },
    ],
  })
  expect(shown.replies).toHaveLength(2)
})

it.each([
  ['like', 'like'],
  ['like-via-repost', 'like'],
  ['repost', 'repost'],
  ['repost-via-repost', 'repost'],
  ['quote', 'mention'],
  ['mention', 'mention'],
  ['reply', 'reply'],
  ['follow', 'follow'],
  ['verified', 'badge'],
  ['unverified', 'unverified'],
  ['subscribed-post', 'subscribed-post'],
  ['starterpack-joined', 'starterpack-joined'],
])('the reason %s is %s', (today, then) => {
  const notification: AppBskyNotificationListNotificationsNotification = {
    uri: 'at://a',
    cid: 'bafy',
    author: ALICE,
    reason: today,
    record: {},
    isRead: true,
    indexedAt: INDEXED_AT,
  }
  expect(notificationView(notification).reason).toBe(then)
})
