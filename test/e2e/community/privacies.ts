/** What they keep to themselves: account state, which no record says. */
import { expect } from '@jest/globals'
import type { Person, Values } from './cast.js'
import type { Chapter } from './story.js'

export async function bookmarks({ cast, records }: Chapter): Promise<void> {
  const bookmark = async (person: Person, name: string): Promise<void> => {
    await cast.tell(person, 'app.bsky.bookmark.createBookmark', { ...records.ref(name) })
    const { posts } = await cast.ask(person, 'app.bsky.feed.getPosts', { uris: [name] })
    for (const { viewer } of posts) expect(viewer.bookmarked).toBe(true)
  }
  for (const name of ['alice/hello', 'dan/as mentioned', 'carla/link']) await bookmark('bob', name)
  for (const name of ['dan/as mentioned', 'alice/hello', 'bob/hi']) await bookmark('carla', name)
  await cast.tell('carla', 'app.bsky.bookmark.deleteBookmark', { uri: 'bob/hi' })
  const { posts } = await cast.ask('carla', 'app.bsky.feed.getPosts', { uris: ['bob/hi', 'alice/hello'] })
  expect(posts.map(({ bookmarkCount }: { bookmarkCount: number }) => bookmarkCount)).toEqual([0, 2])
}

export async function drafts({ cast }: Chapter): Promise<void> {
  const draft = (text: string): Values => ({ posts: [{ text }] })
  const begin = async (text: string): Promise<string> =>
    (await cast.tell('alice', 'app.bsky.draft.createDraft', { draft: draft(text) })).id
  const first = await begin('First thoughts')
  await cast.tell('alice', 'app.bsky.draft.updateDraft', { draft: { id: first, draft: draft('Second thoughts') } })
  const other = await begin('Other thoughts')
  await cast.tell('alice', 'app.bsky.draft.deleteDraft', { id: await begin('No thoughts') })
  cast.names.add('first draft', first)
  cast.names.add('other draft', other)
}

export async function preferences({ cast }: Chapter): Promise<void> {
  const savedFeeds = [{ id: '3', type: 'feed', value: 'bob/cats', pinned: true }]
  const preferences = [
    { $type: 'app.bsky.actor.defs#adultContentPref', enabled: false },
    { $type: 'app.bsky.actor.defs#savedFeedsPrefV2', items: savedFeeds },
  ]
  await cast.tell('alice', 'app.bsky.actor.putPreferences', { preferences })
  expect(await cast.ask('alice', 'app.bsky.actor.getPreferences')).toEqual({ preferences })
  await cast.tell('dan', 'app.bsky.notification.putPreferences', { priority: true })
  const seenAt = new Date().toISOString()
  await cast.tell('dan', 'app.bsky.postNotificationsSeen', { seenAt })
  expect(await cast.ask('dan', 'app.bsky.notification.listNotifications')).toMatchObject({ seenAt })
  const like = { include: 'all', list: false, push: false }
  const put = await cast.tell('bob', 'app.bsky.notification.putPreferencesV2', { like })
  expect(put.preferences).toMatchObject({ like, repost: { include: 'all', list: true, push: true } })
}

export async function subscriptions({ cast }: Chapter): Promise<void> {
  const subscribe = (subject: Person, activitySubscription: object): Promise<unknown> =>
    cast.tell('carla', 'app.bsky.notification.putActivitySubscription', { subject, activitySubscription })
  await subscribe('bob', { post: true, reply: true })
  await subscribe('dan', { post: true, reply: true })
  await subscribe('alice', { post: true, reply: true })
  await subscribe('bob', { post: true, reply: false })
  await subscribe('dan', { post: false, reply: false })
  const push = { serviceDid: 'did:web:push.example', token: 'token', platform: 'ios', appId: 'app' }
  await cast.tell('alice', 'app.bsky.notification.registerPush', push)
  await cast.tell('alice', 'app.bsky.notification.unregisterPush', push)
  await cast.tell('alice', 'app.bsky.feed.sendInteractions', {
    interactions: [{ item: 'alice/hello', event: 'app.bsky.feed.defs#interactionLike' }],
  })
}
